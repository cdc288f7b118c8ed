import type { OperationInput } from '@caisson/core'
import { createPolicy } from '@caisson/router'
import { describe, expect, it, vi } from 'vitest'
import { clientGate, guardTool } from '../src/index.ts'
import { acme, given } from './support/given.ts'

interface Mail {
  readonly to: string
  readonly text: string
}

const mail: Mail = { to: 'ann@example.com', text: 'hello' }

function tool() {
  return vi.fn(async ({ to }: Mail) => `sent to ${to}`)
}

describe('a guarded tool', () => {
  it('is called directly when the policy lets it, and leaves a run with its decision', async () => {
    const { gate, runs, engine } = given()
    const send = tool()
    const guarded = guardTool(send, { gate, name: 'mail', settings: { trust: 'internal' } })
    expect(await guarded(mail)).toBe('sent to ann@example.com')
    expect(send).toHaveBeenCalledOnce()
    expect(runs).toMatchObject([
      { kind: 'tool.call', status: 'succeeded', decision: { placement: { kind: 'host' }, approval: 'none' } },
    ])
    expect((await engine.audit(acme)).map(({ action }) => action)).toContain('run.decided')
  })

  it('waits for a person, and is called only after they agreed', async () => {
    const { gate, answer } = given()
    const send = tool()
    const calling = guardTool(send, { gate, name: 'mail' })(mail)
    await answer('grant')
    expect(await calling).toBe('sent to ann@example.com')
    expect(send).toHaveBeenCalledOnce()
  })

  it('is not called when they did not', async () => {
    const { gate, answer } = given()
    const send = tool()
    const calling = guardTool(send, { gate, name: 'mail' })(mail)
    const refused = expect(calling).rejects.toMatchObject({
      code: 'approval-denied',
      message: expect.stringContaining('I said so'),
    })
    await answer('deny')
    await refused
    expect(send).not.toHaveBeenCalled()
  })

  it('needs a new agreement for every call', async () => {
    const { gate, answer, engine } = given()
    const guarded = guardTool(tool(), { gate, name: 'mail' })
    const first = guarded(mail)
    await answer('grant')
    await first
    const second = guarded(mail)
    await answer('grant')
    await second
    expect(await engine.approvals.list(acme)).toHaveLength(2)
  })

  it('gets what was asked about, whatever its caller does to it meanwhile', async () => {
    const { gate, answer, engine } = given()
    const send = tool()
    const input = { ...mail }
    const calling = guardTool(send, { gate, name: 'mail' })(input)
    input.to = 'eve@example.com'
    await answer('grant')
    await calling
    const [approval] = await engine.approvals.list(acme)
    const { operation } = await engine.approvals.show(approval?.id ?? '', acme)
    expect(operation.input).toMatchObject({ arguments: mail })
    expect(send.mock.calls[0]?.[0]).toEqual(mail)
  })

  it('is not called at all when the policy denies it, and the error says why', async () => {
    const policy = createPolicy({
      name: 'no-mail',
      version: '1',
      extends: 'default',
      guards: [
        {
          id: 'no-mail',
          when: { tool: 'mail' },
          then: { place: 'denied' },
          reason: 'no-mail',
          text: 'Agents write no mail.',
        },
      ],
    })
    const { gate } = given({ policy })
    const send = tool()
    const guarded = guardTool(send, { gate, name: 'mail', settings: { trust: 'trusted' } })
    await expect(guarded(mail)).rejects.toMatchObject({ code: 'denied', message: 'Agents write no mail.' })
    expect(send).not.toHaveBeenCalled()
    const other = guardTool(send, { gate, name: 'chat', settings: { trust: 'trusted' } })
    expect(await other(mail)).toBe('sent to ann@example.com')
  })

  it('runs its task in a sandbox instead of being called', async () => {
    const { gate, runs } = given()
    const calculate = vi.fn(async ({ term }: { readonly term: string }) => term)
    const guarded = guardTool(calculate, {
      gate,
      name: 'calculate',
      task: ({ term }) => ({ kind: 'code.execute', input: { language: 'bash', code: `echo $((${term}))` } }),
      result: ({ value }) => JSON.stringify(value),
    })
    expect(await guarded({ term: '6 * 7' })).toContain('"stdout":"42\\n"')
    expect(calculate).not.toHaveBeenCalled()
    expect(runs[0]?.decision?.placement).toMatchObject({ kind: 'sandbox', adapter: 'memory' })
  })

  it('is cancelled while it waits', async () => {
    const { gate, engine } = given()
    const send = tool()
    const giveUp = new AbortController()
    const calling = guardTool(send, { gate, name: 'mail' })(mail, { signal: giveUp.signal })
    await vi.waitUntil(async () => (await engine.approvals.list(acme)).length > 0, { timeout: 20_000 })
    giveUp.abort()
    await expect(calling).rejects.toMatchObject({ code: 'cancelled' })
    expect(send).not.toHaveBeenCalled()
  })

  it('takes nothing that cannot be shown to a person', async () => {
    const { gate } = given()
    const guarded = guardTool(async (input: object) => input, { gate, name: 'odd' })
    await expect(guarded({ run: () => 'anything' })).rejects.toMatchObject({
      code: 'invalid-operation',
      field: 'input.arguments',
    })
  })

  it('passes on what the tool itself throws', async () => {
    const { gate } = given()
    const guarded = guardTool(
      async () => {
        throw new RangeError('no such customer')
      },
      { gate, name: 'mail', settings: { trust: 'trusted' } },
    )
    await expect(guarded(mail)).rejects.toThrow(RangeError)
  })
})

it('asks a service as it asks an engine', async () => {
  const { engine } = given()
  const asked: OperationInput[] = []
  const gate = clientGate({
    runs: {
      run: async (operation: OperationInput) => {
        asked.push(operation)
        return await engine.run(operation, acme)
      },
    } as never,
  })
  const guarded = guardTool(tool(), { gate, name: 'mail', settings: { trust: 'trusted', agentType: 'clerk' } })
  expect(await guarded(mail)).toBe('sent to ann@example.com')
  expect(asked).toEqual([
    { kind: 'tool.call', trust: 'trusted', agentType: 'clerk', input: { tool: 'mail', arguments: mail } },
  ])
})

it('refuses input that leads into itself, before anything is asked', async () => {
  const { gate, runs } = given()
  const input: { self?: unknown } = {}
  input.self = input
  const guarded = guardTool(async () => 'called', { gate, name: 'send', settings: { trust: 'internal' } })
  await expect(guarded(input)).rejects.toMatchObject({ code: 'invalid-operation', field: 'input.arguments' })
  expect(runs).toEqual([])
})
