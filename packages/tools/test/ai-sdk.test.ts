import { generateText, isStepCount, tool, type Tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { expect, it, vi } from 'vitest'
import { z } from 'zod'
import { createTools } from '../src/index.ts'
import { guardAiTool, toAiTools } from '../src/ai-sdk.ts'
import { given } from './support/given.ts'

type Generated = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>

const usage: Generated['usage'] = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

/** A model that calls a tool once, and then is done. */
function modelCalling(toolName: string, input: object) {
  const answers: Generated[] = [
    {
      content: [{ type: 'tool-call', toolCallId: 'call-1', toolName, input: JSON.stringify(input) }],
      finishReason: { unified: 'tool-calls', raw: undefined },
      usage,
      warnings: [],
    },
    {
      content: [{ type: 'text', text: 'done' }],
      finishReason: { unified: 'stop', raw: undefined },
      usage,
      warnings: [],
    },
  ]
  return new MockLanguageModelV4({ doGenerate: async () => answers.shift() ?? expect.fail('asked once too often') })
}

async function run(tools: Record<string, Tool>, toolName: string, input: object) {
  const model = modelCalling(toolName, input)
  const { steps, text } = await generateText({ model, tools, prompt: 'go', stopWhen: isStepCount(3) })
  expect(text).toBe('done')
  return steps[0]?.content.filter(({ type }) => type === 'tool-result' || type === 'tool-error')
}

function mail() {
  const execute = vi.fn(async ({ to }: { readonly to: string }) => `sent to ${to}`)
  return { execute, tool: tool({ description: 'Sends mail.', inputSchema: z.object({ to: z.string() }), execute }) }
}

it('guards a tool that generateText calls', async () => {
  const { gate, runs } = given()
  const { execute, tool: send } = mail()
  const tools = { mail: guardAiTool(send, { gate, name: 'mail', settings: { trust: 'internal' } }) }
  expect(await run(tools, 'mail', { to: 'ann' })).toMatchObject([{ type: 'tool-result', output: 'sent to ann' }])
  expect(execute).toHaveBeenCalledOnce()
  expect(runs).toMatchObject([{ kind: 'tool.call', status: 'succeeded' }])
})

it('has a person asked, and tells the model when they refuse', async () => {
  const { gate, answer } = given()
  const { execute, tool: send } = mail()
  const running = run({ mail: guardAiTool(send, { gate, name: 'mail' }) }, 'mail', { to: 'ann' })
  await answer('deny')
  expect(await running).toMatchObject([
    { type: 'tool-error', error: { code: 'approval-denied', message: expect.stringContaining('I said so') } },
  ])
  expect(execute).not.toHaveBeenCalled()
})

it('keeps the last of what a tool streams', async () => {
  const { gate } = given()
  const send = tool({
    inputSchema: z.object({}),
    async *execute() {
      yield 'working'
      yield 'ready'
    },
  })
  const guarded = guardAiTool(send, { gate, name: 'slow', settings: { trust: 'trusted' } })
  expect(await run({ slow: guarded }, 'slow', {})).toMatchObject([{ type: 'tool-result', output: 'ready' }])
})

it('guards no tool that is executed elsewhere', () => {
  const { gate } = given()
  const elsewhere = tool({ inputSchema: z.object({}), outputSchema: z.string() })
  expect(() => guardAiTool(elsewhere, { gate, name: 'client' })).toThrow('not executed here')
})

it('gives generateText the ready tools', async () => {
  const { gate, runs } = given()
  const tools = toAiTools(createTools({ gate }))
  const result = await run(tools, 'run_code', { language: 'bash', code: 'echo $((6 * 7))' })
  expect(result).toMatchObject([{ type: 'tool-result', output: { exitCode: 0, stdout: '42\n' } }])
  expect(runs[0]?.decision?.placement.kind).toBe('sandbox')
})
