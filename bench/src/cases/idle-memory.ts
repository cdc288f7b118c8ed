import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { BenchCase } from '../case.ts'
import { runTrue } from '../first-command.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'

const mb = 1_000_000
/** After this time without a request the daemon has cleared up. */
const idleMs = 1000

export const idleMemoryCase: BenchCase = {
  id: 'P10',
  title: 'local: private memory of the daemon in an idle sandbox, a second after one command',
  unit: 'MB',
  goals: [{ atMost: 3 }],
  repetitions: 30,
  prepare: async () => {
    const local = await openLocalSandboxes()
    // Pages of the executable are private as long as one sandbox alone has them.
    await runTrue(await local.adapter.create({ ttlMs: 3_600_000 }))
    return {
      subjects: [
        {
          name: 'caisson daemon',
          once: async () => {
            await using sandbox = await local.adapter.create({})
            await runTrue(sandbox)
            await delay(idleMs)
            return (await privateBytes(await daemonOf(sandbox.id))) / mb
          },
        },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await local[Symbol.asyncDispose](),
    }
  },
}

/** The process of a sandbox that runs the daemon's executable, found by what the kernel says of all processes. */
async function daemonOf(sandbox: string): Promise<string> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const [arguments_, group] = await Promise.all(
      ['cmdline', 'cgroup'].map(async (file) => await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    )
    if (arguments_?.startsWith('/opt/caisson/daemon') === true && group?.includes(sandbox) === true) return pid
  }
  throw new Error('the daemon is not to be found among the processes')
}

async function privateBytes(pid: string): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kilobytes = [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].reduce(
    (total, match) => total + Number(match[1]),
    0,
  )
  return kilobytes * 1024
}
