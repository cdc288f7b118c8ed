import { minuteMs, type Sandbox } from '@caisson/core'
import { between, ensure, eventually, pause, rejects, same, within } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { alive, exited, follow, nonce, output, sh, silence, start } from '../kit/programs.ts'

const tickScript = 'while :; do echo tick; sleep 0.05; done'

async function freeze(sandbox: Sandbox): Promise<void> {
  ensure(sandbox.pause !== undefined, 'the member pause is missing')
  await sandbox.pause()
}

async function thaw(sandbox: Sandbox): Promise<void> {
  ensure(sandbox.resume !== undefined, 'the member resume is missing')
  await sandbox.resume()
}

export const pauseChecks: Checks = {
  'pause.freezes': async (kit) => {
    const sandbox = await kit.fresh()
    const followed = follow(await start(sandbox, tickScript))
    await followed.until('tick')
    await freeze(sandbox)
    same((await sandbox.info()).state, 'paused', 'state')
    await silence(followed)
  },

  'pause.resumes': async (kit) => {
    const sandbox = await kit.fresh()
    const process = await start(sandbox, tickScript)
    const followed = follow(process)
    await followed.until('tick')
    await freeze(sandbox)
    await silence(followed)
    const halted = followed.text().length
    await thaw(sandbox)
    same((await sandbox.info()).state, 'running', 'state')
    // A connection may have been lost on the way: the process is what counts.
    ensure(await alive(sandbox, process.pid), 'the process is gone')
    await eventually('output goes on', 5000, async () => await Promise.resolve(followed.text().length > halted))
  },

  'pause.idempotent': async (kit) => {
    const sandbox = await kit.fresh()
    await freeze(sandbox)
    await freeze(sandbox)
    await thaw(sandbox)
    await thaw(sandbox)
    same(await output(sandbox, 'echo alive'), 'alive', 'output')
  },

  'pause.calls': async (kit) => {
    const sandbox = await kit.fresh()
    await freeze(sandbox)
    const running = sh(sandbox, 'exit 8').then(
      (ran) => ran.outcome,
      async (error: unknown) => (await rejects(async () => await Promise.reject(error), 'conflict', 'spawn')).code,
    )
    running.catch(() => undefined)
    const early = await Promise.race([running, pause(300)])
    ensure(early === undefined || early === 'conflict', `a process ran in a paused sandbox: ${JSON.stringify(early)}`)
    await thaw(sandbox)
    const end = await within(5000, running, 'the end of the call')
    same(end, end === 'conflict' ? 'conflict' : exited(8), 'outcome')
  },

  'pause.on-expiry': async (kit) => {
    const sandbox = await kit.fresh({ ttlMs: 1000, onExpiry: 'pause' })
    await eventually('the sandbox is paused', 8000, async () => (await sandbox.info()).state === 'paused')
    await sandbox.extend(minuteMs)
    await thaw(sandbox)
    same(await output(sandbox, 'echo alive'), 'alive', 'output')
  },

  'pause.destroy': async (kit) => {
    const sandbox = await kit.fresh()
    await freeze(sandbox)
    same(await within(10_000, sandbox.destroy(), 'the end of a paused sandbox'), 'destroyed', 'result')
    await rejects(async () => await kit.adapter.connect(sandbox.id), 'sandbox-not-found', 'connect')
  },
}

export const metricChecks: Checks = {
  'metrics.limits': async (kit) => {
    const memoryBytes = 128 * 1024 * 1024
    const sandbox = await kit.fresh({ resources: { memoryBytes } })
    const metrics = await sandbox.metrics?.()
    same(metrics?.memoryLimitBytes, memoryBytes, 'memoryLimitBytes')
    between(metrics?.atMs ?? 0, Date.now() - 5000, Date.now() + 5000, 'atMs')
    between(metrics?.memoryBytes ?? -1, 0, memoryBytes, 'memoryBytes')
  },

  'metrics.cpu': async (kit) => {
    const sandbox = await kit.fresh()
    const before = await sandbox.metrics?.()
    const process = await start(sandbox, 'while :; do :; done')
    const grown = async (): Promise<boolean> => ((await sandbox.metrics?.())?.cpuMs ?? 0) - (before?.cpuMs ?? 0) >= 30
    await eventually('cpuMs grows by 30', 10_000, grown)
    await process.cancel()
  },

  'metrics.pids': async (kit) => {
    const sandbox = await kit.fresh()
    const before = await sandbox.metrics?.()
    const process = await start(sandbox, 'sleep 30 & sleep 30 & sleep 30 & echo ready; wait')
    await follow(process).until('ready')
    const after = await sandbox.metrics?.()
    between((after?.pids ?? 0) - (before?.pids ?? 0), 3, 40, 'growth of pids with four processes')
  },
}

export const contentChecks: Checks = {
  'content.snapshot': async (kit) => {
    const sandbox = await kit.fresh()
    const text = nonce()
    await output(sandbox, `echo ${text} > ~/kept`)
    const made = await sandbox.snapshot?.(`snapshot-${text}`)
    await output(sandbox, 'echo changed > ~/kept')
    const copy = await kit.fresh({ template: made?.template })
    same(await output(copy, 'cat ~/kept'), text, 'file in the copy')
  },

  'content.fork': async (kit) => {
    const sandbox = await kit.fresh()
    const text = nonce()
    await output(sandbox, `echo ${text} > ~/kept`)
    const forks = (await sandbox.fork?.(2)) ?? []
    kit.defer(async () => await Promise.all(forks.map(async (fork) => await fork.destroy())))
    same(new Set([sandbox, ...forks].map(({ id }) => id)).size, 3, 'different sandboxes')
    for (const [index, fork] of forks.entries()) {
      same(await output(fork, `cat ~/kept; echo ${index} > ~/kept`), text, 'file in a fork')
    }
    same(await output(sandbox, 'cat ~/kept'), text, 'file in the original')
  },
}
