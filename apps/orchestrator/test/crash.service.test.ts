import { createLocalAdapter } from '@caisson/adapter-local'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunEvent } from '@caisson/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryDirectory } from './support/databases.ts'
import { leftoversOf } from './support/leftovers.ts'
import {
  endOrchestrators,
  freePort,
  type OrchestratorProcess,
  startOrchestrator,
} from './support/orchestrator-process.ts'

const lines = 60
const script = `for i in $(seq ${lines}); do echo "line $i"; sleep 0.1; done; echo done >&2`
const expected = Array.from({ length: lines }, (_, index) => `line ${index + 1}\n`).join('')

const adapter = createLocalAdapter()
const health = await adapter.probe()
await adapter[Symbol.asyncDispose]()

let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let orchestrator: OrchestratorProcess
let port: number

beforeEach(async () => {
  directory = await temporaryDirectory()
  port = await freePort()
  orchestrator = await startOrchestrator(directory.path, port)
})
afterEach(async () => {
  await endOrchestrators()
  await directory[Symbol.asyncDispose]()
})

function textOf(events: readonly RunEvent[]): string {
  return events
    .map((event) => (event.type === 'output' && event.stream === 'stdout' ? Buffer.from(event.base64, 'base64') : ''))
    .join('')
}

describe.skipIf(health.status !== 'healthy')(`the orchestrator (${health.reason ?? 'local adapter healthy'})`, () => {
  it('is killed in the middle of a run and started again, and nobody who followed notices', async () => {
    const events: RunEvent[] = []
    const running = orchestrator.client.runs.run(
      { kind: 'code.execute', input: { language: 'bash', code: script } },
      { onEvent: (event) => events.push(event) },
    )
    await vi.waitUntil(() => textOf(events).includes('line 10\n'), { timeout: 30_000 })
    const before = await orchestrator.client.sandboxes.list()
    expect(before).toHaveLength(1)
    await orchestrator.kill('SIGKILL')
    expect(textOf(events)).not.toContain(`line ${lines}\n`)

    orchestrator = await startOrchestrator(directory.path, port)
    const run = await running
    expect(run).toMatchObject({ status: 'succeeded', outcome: { kind: 'exited', code: 0 } })
    // However long the start took: what it printed comes from the sandbox that was there, and from no other.
    expect(run.attempts.map(({ sandbox }) => sandbox)).toEqual(before.map(({ id }) => id))
    expect(textOf(events)).toBe(expected)
    expect(run.value).toMatchObject({ stdout: expected, stderr: 'done\n', droppedBytes: 0 })
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1))
    expect(await orchestrator.client.sandboxes.list()).toEqual([])
    const sandboxes = before.map(({ id }): string => id)
    expect((await orchestrator.kill('SIGTERM')).exitCode).toBe(0)
    await expect.poll(async () => await leftoversOf(directory.path, sandboxes), { timeout: 15_000 }).toEqual([])
    expect(await readdir(join(directory.path, 'local', 'sandboxes')).catch(() => [])).toEqual([])
  })

  it('finishes what ended while it was away', async () => {
    const { id } = await orchestrator.client.runs.submit({
      kind: 'command.run',
      input: { argv: ['sh', '-c', 'echo begun; sleep 1; echo ended > out'], artifacts: ['out'] },
    })
    for await (const event of orchestrator.client.runs.events(id)) if (event.type === 'output') break
    await orchestrator.kill('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 2000))
    orchestrator = await startOrchestrator(directory.path, port)
    const run = await orchestrator.client.runs.wait(id)
    expect(run).toMatchObject({ status: 'succeeded', value: { stdout: 'begun\n' } })
    expect(await new Response(orchestrator.client.artifacts.read(run.artifacts[0]?.id ?? '')).text()).toBe('ended\n')
  })

  it('goes on with agents: those that had ended, those under way, those that had not begun', async ({ skip }) => {
    if (!adapter.capabilities.features.includes('volumes'))
      skip('agents share a directory where sandboxes are made as root')
    const code = {
      ended: 'echo ended >> /shared/log; echo ended > it.out',
      running: `echo running >> /shared/log; for i in $(seq 30); do echo "line $i"; sleep 0.1; done; echo > it.out`,
      late: 'echo late >> /shared/log; cat /shared/log',
    }
    const agents = Object.entries(code).map(([name, text]) => ({
      name,
      task: {
        kind: 'code.execute' as const,
        input: { language: 'bash' as const, code: text, artifacts: name === 'late' ? [] : ['it.out'] },
      },
    }))
    const events: RunEvent[] = []
    const running = orchestrator.client.runs.run(
      { kind: 'agents.parallel', input: { agents, concurrency: 1, share: {} } },
      { onEvent: (event) => events.push(event) },
    )
    await vi.waitUntil(() => textOf(events).includes('line 5\n'), { timeout: 30_000 })
    const sandboxes = (await orchestrator.client.sandboxes.list()).map(({ id }): string => id)
    expect(sandboxes).toHaveLength(1)
    await orchestrator.kill('SIGKILL')
    expect(textOf(events)).not.toContain('line 30\n')

    orchestrator = await startOrchestrator(directory.path, port)
    const run = await running
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join('')
    expect(run).toMatchObject({
      status: 'succeeded',
      value: {
        agents: [
          { name: 'ended', status: 'succeeded' },
          { name: 'running', status: 'succeeded', value: { stdout: lines, droppedBytes: 0 } },
          { name: 'late', status: 'succeeded', value: { stdout: 'ended\nrunning\nlate\n' } },
        ],
      },
      artifacts: [{ path: 'ended/it.out' }, { path: 'running/it.out' }],
    })
    expect(run.attempts).toHaveLength(3)
    expect(textOf(events)).toBe(`${lines}ended\nrunning\nlate\n`)
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1))
    expect(await orchestrator.client.sandboxes.list()).toEqual([])
    expect(await readdir(join(directory.path, 'local', 'volumes'))).toEqual(['lock'])
    expect((await orchestrator.kill('SIGTERM')).exitCode).toBe(0)
    const used = run.attempts.flatMap(({ sandbox }): string[] => (sandbox === undefined ? [] : [sandbox]))
    await expect.poll(async () => await leftoversOf(directory.path, used), { timeout: 15_000 }).toEqual([])
  })

  it('ends in order within ten seconds although a run goes on and somebody follows it', async () => {
    const { id } = await orchestrator.client.runs.submit({ kind: 'command.run', input: { argv: ['sleep', '30'] } })
    const following = Array.fromAsync(orchestrator.client.runs.events(id))
    await vi.waitUntil(async () => (await orchestrator.client.runs.get(id)).status === 'running', { timeout: 20_000 })
    const begun = Date.now()
    const { exitCode, output } = await orchestrator.kill('SIGTERM')
    expect(exitCode, output).toBe(0)
    expect(Date.now() - begun).toBeLessThan(10_000)
    orchestrator = await startOrchestrator(directory.path, port)
    expect((await orchestrator.client.runs.get(id)).status).toBe('running')
    await orchestrator.client.runs.cancel(id)
    expect((await following).at(-1)).toMatchObject({ type: 'status', status: 'cancelled' })
  })

  it('is refused as a second one over the same state directory, without harm to the first', async () => {
    await expect(startOrchestrator(directory.path, await freePort())).rejects.toThrow('did not start')
    expect((await orchestrator.client.whoami()).role).toBe('admin')
  })
})
