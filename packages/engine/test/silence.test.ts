import type { Process, Sandbox, SandboxAdapter } from '@caisson/core'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import { expect, it } from 'vitest'
import { faultyAdapter, faultySandbox } from './support/faulty-adapter.ts'
import { acme, bash, createHarness, untilStatus } from './support/harness.ts'

const silence = () => new Promise<never>(() => undefined)

/** An adapter whose sandboxes have some calls that never answer and heed no signal. */
function silent(faults: (sandbox: Sandbox) => Partial<Sandbox>): SandboxAdapter {
  const memory = createMemoryAdapter()
  return faultyAdapter(memory, {
    create: async (spec, options) => {
      const sandbox = await memory.create(spec, options)
      return faultySandbox(sandbox, faults(sandbox))
    },
  })
}

function withProcess(sandbox: Sandbox, faults: (process: Process) => Partial<Process>): Partial<Sandbox> {
  const { processes } = sandbox
  return {
    processes: {
      ...processes,
      spawn: async (...parameters) => {
        const process = await processes.spawn(...parameters)
        return { ...process, ...faults(process) }
      },
    },
  }
}

const limits = { answerMs: 100 }

it.each<[string, (sandbox: Sandbox) => Partial<Sandbox>]>([
  ['writes', ({ files }) => ({ files: { ...files, write: silence } })],
  ['starts', ({ processes }) => ({ processes: { ...processes, spawn: silence } })],
  ['sends output', (sandbox) => withProcess(sandbox, () => ({ output: new ReadableStream() }))],
  ['waits', (sandbox) => withProcess(sandbox, () => ({ wait: silence }))],
  ['keeps artifacts', ({ files }) => ({ files: { ...files, stat: silence, read: silence } })],
])('ends a run whose sandbox falls silent while it %s', async (_name, faults) => {
  const { engine } = createHarness({ adapters: [silent(faults)], limits })
  const run = await engine.run({ ...bash('echo x > y', { artifacts: ['y'] }), timeoutMs: 200 }, acme)
  expect(run).toMatchObject({ status: 'failed', error: { kind: 'sandbox', code: 'timeout' } })
})

it('ends a run whose sandbox cannot be destroyed, and says so in the log', async () => {
  const warnings: string[] = []
  const { engine } = createHarness({
    adapters: [silent(() => ({ destroy: silence }))],
    limits,
    logger: { info: () => undefined, warn: (_facts, message) => warnings.push(message) },
  })
  expect(await engine.run(bash('echo fine'), acme)).toMatchObject({ status: 'succeeded' })
  expect(warnings).toContain('a sandbox could not be released')
  expect(await engine.recover()).toMatchObject({ destroyed: 1 })
})

it('cancels although the process cannot be reached', async () => {
  const adapter = silent((sandbox) => withProcess(sandbox, () => ({ cancel: silence })))
  const { engine } = createHarness({ adapters: [adapter], limits })
  const { id } = await engine.submit(bash('sleep 60'), acme)
  await untilStatus(engine, id, 'running')
  expect(await engine.cancel(id, acme)).toMatchObject({ status: 'cancelled' })
})
