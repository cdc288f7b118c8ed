import { encodeText, limitKinds, type LimitKind, mib, type SandboxSpec } from '@caisson/core'
import { between, ensure, eventually, rejects, same } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { alive, exited, follow, nonce, output, run, sh, start } from '../kit/programs.ts'

/** A shell that leaves a child, a grandchild and a session of its own behind, and tells their pids. */
export const treeScript = 'sleep 61 & a=$!; setsid sleep 62 & b=$!; (sleep 63 & echo "tree $! $a $b."); wait; sleep 64'

export function treePids(text: string): string[] {
  return (/tree ([\d ]+)\./.exec(text)?.[1] ?? '').split(' ')
}

const asked: Readonly<Record<LimitKind, SandboxSpec>> = {
  cpus: { resources: { cpus: 0.5 } },
  memory: { resources: { memoryBytes: 64 * mib } },
  disk: { resources: { diskBytes: 64 * mib } },
  pids: { resources: { pids: 64 } },
  volume: { volumes: [{ name: 'sized', path: '/data', sizeBytes: 64 * mib }] },
}

export const limitChecks: Checks = {
  'limits.timeout': async (kit) => {
    const ran = await sh(await kit.shared(), 'sleep 30', { timeoutMs: 500 })
    same(ran.outcome, { kind: 'timed-out' }, 'outcome')
    between(ran.durationMs, 450, 10_000, 'durationMs with a limit of 500')
  },

  'limits.timeout-tree': async (kit) => {
    const sandbox = await kit.shared()
    const process = await start(sandbox, treeScript, { timeoutMs: 1500 })
    const followed = follow(process)
    await followed.until('.')
    same((await process.wait()).outcome, { kind: 'timed-out' }, 'outcome')
    for (const pid of treePids(followed.text())) {
      await eventually(`process ${pid} is gone`, 3000, async () => !(await alive(sandbox, pid)))
    }
  },

  'limits.timeout-partial': async (kit) => {
    const text = nonce()
    const ran = await sh(await kit.shared(), `echo ${text}; sleep 30`, { timeoutMs: 1000 })
    same([ran.outcome, ran.stdout], [{ kind: 'timed-out' }, `${text}\n`], 'outcome and output')
  },

  'limits.timeout-first-cause': async (kit) => {
    const script = 'trap "exit 0" TERM INT HUP; while :; do sleep 0.05; done'
    same((await sh(await kit.shared(), script, { timeoutMs: 500 })).outcome, { kind: 'timed-out' }, 'outcome')
  },

  'limits.timeout-unattended': async (kit) => {
    const sandbox = await kit.fresh()
    const process = await start(sandbox, 'exec sleep 30', { timeoutMs: 800, tag: 'alone' })
    await sandbox.detach()
    const again = await (await kit.other()).connect(sandbox.id)
    await eventually('the process is gone', 10_000, async () => !(await alive(again, process.pid)))
    const result = await (await again.processes.attach('alone')).wait()
    same(result.outcome, { kind: 'timed-out' }, 'outcome')
    between(result.durationMs, 700, 10_000, 'durationMs with a limit of 800')
  },

  'limits.output': async (kit) => {
    const outputLimitBytes = 100_000
    const ran = await run(await kit.shared(), ['yes'], { outputLimitBytes })
    same(ran.outcome, { kind: 'output-limit' }, 'outcome')
    between(ran.stdout.length, outputLimitBytes * 0.5, outputLimitBytes + 256 * 1024, 'bytes kept')
    ensure(/^(y\n)+y?$/.test(ran.stdout), 'the output has changed')
  },

  'limits.output-all-streams': async (kit) => {
    const script = 'head -c 60000 /dev/zero; head -c 60000 /dev/zero >&2; sleep 30'
    const ran = await sh(await kit.shared(), script, { outputLimitBytes: 100_000, timeoutMs: 5000 })
    same(ran.outcome, { kind: 'output-limit' }, 'outcome')
  },

  'limits.output-below': async (kit) => {
    const ran = await sh(await kit.shared(), 'head -c 60000 /dev/zero; exit 3', { outputLimitBytes: 100_000 })
    same([ran.outcome, ran.outputBytes], [exited(3), 60_000], 'outcome and bytes')
  },

  'limits.memory': async (kit) => {
    const sandbox = await kit.fresh({ resources: { memoryBytes: 64 * mib } })
    // tail keeps an endless line in memory.
    const ran = await run(sandbox, ['tail', '/dev/zero'])
    same(ran.outcome, { kind: 'out-of-memory' }, 'outcome')
  },

  'limits.memory-survives': async (kit) => {
    const sandbox = await kit.fresh({ resources: { memoryBytes: 64 * mib } })
    await run(sandbox, ['tail', '/dev/zero'])
    same(await output(sandbox, 'echo alive'), 'alive', 'output afterwards')
    const killed = await sh(sandbox, 'kill -KILL $$; sleep 5')
    same(killed.outcome, { kind: 'signaled', signal: 'SIGKILL' }, 'outcome of a kill afterwards')
  },

  'limits.pids': async (kit) => {
    const pids = 40
    const sandbox = await kit.fresh({ resources: { pids } })
    // The inner shell gives up at the first process that it cannot start; the outer one stays.
    const script = '(i=0; while [ $i -lt 100 ]; do sleep 60 & i=$((i+1)); echo $i; done); echo full; exec sleep 60'
    const process = await start(sandbox, script)
    const followed = follow(process)
    await followed.until('full')
    between(Math.max(0, ...(followed.text().match(/\d+/g) ?? []).map(Number)), pids / 4, pids, 'processes started')
    await process.cancel()
    await process.wait()
    same(await output(sandbox, 'echo alive'), 'alive', 'output afterwards')
  },

  'limits.disk': async (kit) => {
    const sandbox = await kit.fresh({ resources: { diskBytes: 32 * mib } })
    const filled = await sh(sandbox, 'head -c 80000000 /dev/zero > ~/big')
    ensure(filled.outcome.kind === 'exited' && filled.outcome.code !== 0, '80 MB fit on a disk of 32 MiB')
    between((await sandbox.files.stat('~/big')).sizeBytes, 0, 33 * mib, 'size of the file')
    same(await output(sandbox, 'rm ~/big && head -c 1000000 /dev/zero > ~/small && echo room'), 'room', 'output')
  },

  'limits.disk-files': async (kit) => {
    const sandbox = await kit.fresh({ resources: { diskBytes: 32 * mib } })
    const piece = new Uint8Array(2 * mib)
    const data = ReadableStream.from(Array.from({ length: 20 }, () => piece))
    await rejects(async () => await sandbox.files.write('~/big', data), 'no-space', 'write')
    await sandbox.files.remove('~/big')
    await sandbox.files.write('~/small', encodeText('fits again'))
  },

  'limits.cpus': async (kit) => {
    const cpus = 0.1
    const sandbox = await kit.fresh({ resources: { cpus } })
    const script = 'while :; do :; done & p=$!; while :; do :; done & q=$!; sleep 1; kill $p $q; wait $p $q; times'
    const before = await sandbox.metrics?.()
    const beganAtMs = performance.now()
    const ran = await sh(sandbox, script)
    const tookSeconds = (performance.now() - beganAtMs) / 1000
    const after = await sandbox.metrics?.()
    // The last line has user and system time of the children.
    const times = [...(ran.stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)]
    const told = times.reduce((total, [, minutes, rest]) => total + Number(minutes) * 60 + Number(rest), 0)
    // A kernel inside a sandbox that is held back from outside counts the time for which it was held back.
    const seconds = before === undefined || after === undefined ? told : (after.cpuMs - before.cpuMs) / 1000
    between(seconds / tookSeconds, 0.001, cpus * 2, 'CPU time per time')
  },

  'limits.unsupported': async (kit) => {
    for (const kind of limitKinds.filter((name) => !kit.capabilities.limits.includes(name))) {
      const labels = { check: nonce(), organization: 'conformance' }
      const create = async (): Promise<unknown> => await kit.adapter.create(kit.spec({ ...asked[kind], labels }))
      await rejects(create, 'unsupported', `a limit of ${kind}`)
      same(await Array.fromAsync(kit.adapter.list({ labels })), [], 'sandboxes left behind')
    }
  },
}
