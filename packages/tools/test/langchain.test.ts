import { tool } from '@langchain/core/tools'
import { expect, it, vi } from 'vitest'
import { z } from 'zod'
import { createTools } from '../src/index.ts'
import { guardLangChainTool, toLangChainTools } from '../src/langchain.ts'
import { given } from './support/given.ts'

function mail() {
  const send = vi.fn(async ({ to }: { readonly to: string }) => `sent to ${to}`)
  return { send, tool: tool(send, { name: 'mail', description: 'Sends mail.', schema: z.object({ to: z.string() }) }) }
}

it('guards a tool under its own name and schema', async () => {
  const { gate, runs } = given()
  const { send, tool: inner } = mail()
  const guarded = guardLangChainTool(inner, { gate, settings: { trust: 'internal' } })
  expect(guarded).toMatchObject({ name: 'mail', description: 'Sends mail.', schema: inner.schema })
  expect(await guarded.invoke({ to: 'ann' })).toBe('sent to ann')
  expect(send).toHaveBeenCalledOnce()
  expect(runs).toMatchObject([{ kind: 'tool.call', status: 'succeeded' }])
})

it('answers a tool call of a model with a message', async () => {
  const { gate } = given()
  const guarded = guardLangChainTool(mail().tool, { gate, settings: { trust: 'internal' } })
  const message: unknown = await guarded.invoke({ type: 'tool_call', id: 'call-1', name: 'mail', args: { to: 'ann' } })
  expect(message).toMatchObject({ content: 'sent to ann', tool_call_id: 'call-1' })
})

it('has a person asked, and throws when they refuse', async () => {
  const { gate, answer } = given()
  const { send, tool: inner } = mail()
  const calling = guardLangChainTool(inner, { gate }).invoke({ to: 'ann' })
  const refused = expect(calling).rejects.toMatchObject({ code: 'approval-denied' })
  await answer('deny')
  await refused
  expect(send).not.toHaveBeenCalled()
})

it('runs a task in a sandbox instead of the tool', async () => {
  const { gate } = given()
  const { send, tool: inner } = mail()
  const guarded = guardLangChainTool(inner, {
    gate,
    task: ({ to }) => ({ kind: 'command.run', input: { argv: ['echo', String(to)] } }),
    result: ({ value }) => z.object({ stdout: z.string() }).parse(value).stdout,
  })
  expect(await guarded.invoke({ to: 'ann' })).toBe('ann\n')
  expect(send).not.toHaveBeenCalled()
})

it('gives agents the ready tools', async () => {
  const { gate } = given()
  const tools = toLangChainTools(createTools({ gate }))
  const runCode = tools.find(({ name }) => name === 'run_code')
  const text: unknown = await runCode?.invoke({ language: 'bash', code: 'echo $((6 * 7))' })
  expect(JSON.parse(String(text))).toMatchObject({ exitCode: 0, stdout: '42\n' })
})
