import { Agent, type AgentInputItem, type Model, type ModelResponse, Runner, tool, Usage } from '@openai/agents'
import { expect, it, vi } from 'vitest'
import { z } from 'zod'
import { createTools } from '../src/index.ts'
import { guardOpenAiTool, toOpenAiTools } from '../src/openai-agents.ts'
import { given } from './support/given.ts'

/** A model that calls a tool once, and then is done. It remembers what it was told. */
function modelCalling(name: string, input: object): Model & { readonly told: AgentInputItem[] } {
  const told: AgentInputItem[] = []
  let turn = 0
  return {
    told,
    getResponse: async (request): Promise<ModelResponse> => {
      if (Array.isArray(request.input)) told.push(...request.input)
      turn += 1
      const output: ModelResponse['output'] =
        turn === 1
          ? [{ type: 'function_call', callId: 'call-1', name, status: 'completed', arguments: JSON.stringify(input) }]
          : [
              {
                type: 'message',
                role: 'assistant',
                status: 'completed',
                content: [{ type: 'output_text', text: 'done' }],
              },
            ]
      return { usage: new Usage(), output }
    },
    getStreamedResponse: () => expect.fail('nobody streams'),
  }
}

async function run(tools: ConstructorParameters<typeof Agent>[0]['tools'], name: string, input: object) {
  const model = modelCalling(name, input)
  const agent = new Agent({ name: 'clerk', instructions: 'Help.', model, ...(tools === undefined ? {} : { tools }) })
  const result = await new Runner({ tracingDisabled: true }).run(agent, 'go')
  expect(result.finalOutput).toBe('done')
  return JSON.stringify(model.told.filter((item) => item.type === 'function_call_result'))
}

function mail() {
  const execute = vi.fn(async ({ to }: { to: string }) => `sent to ${to}`)
  const parameters = z.object({ to: z.string() })
  return { execute, tool: tool({ name: 'mail', description: 'Sends mail.', parameters, execute }) }
}

it('guards a tool that an agent calls', async () => {
  const { gate, runs } = given()
  const { execute, tool: send } = mail()
  const guarded = guardOpenAiTool(send, { gate, settings: { trust: 'internal' } })
  expect(await run([guarded], 'mail', { to: 'ann' })).toContain('sent to ann')
  expect(execute).toHaveBeenCalledOnce()
  expect(runs).toMatchObject([{ kind: 'tool.call', status: 'succeeded' }])
})

it('has a person asked, and tells the model when they refuse', async () => {
  const { gate, answer } = given()
  const { execute, tool: send } = mail()
  const running = run([guardOpenAiTool(send, { gate })], 'mail', { to: 'ann' })
  await answer('deny')
  expect(await running).toContain('The tool mail was not carried out: denied by bob: I said so')
  expect(execute).not.toHaveBeenCalled()
})

it('runs a task in a sandbox instead of the tool', async () => {
  const { gate } = given()
  const { execute, tool: send } = mail()
  const guarded = guardOpenAiTool(send, {
    gate,
    task: ({ to }) => ({ kind: 'command.run', input: { argv: ['echo', `to ${String(to)}`] } }),
    result: ({ value }) => JSON.stringify(value),
  })
  expect(await run([guarded], 'mail', { to: 'ann' })).toContain('to ann')
  expect(execute).not.toHaveBeenCalled()
})

it('gives an agent the ready tools', async () => {
  const { gate, runs } = given()
  const told = await run(toOpenAiTools(createTools({ gate })), 'run_code', {
    language: 'bash',
    code: 'echo $((6 * 7))',
  })
  expect(told).toContain('42')
  expect(runs[0]?.decision?.placement.kind).toBe('sandbox')
})
