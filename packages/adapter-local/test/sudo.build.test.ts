import { createLocalAdapter } from '@caisson/adapter-local'
import { decodeText, encodeText, runProcess, type Sandbox } from '@caisson/core'
import { randomUUID } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostilePrograms, hostilePython } from './support/hostile-programs.ts'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const templates = fileURLToPath(new URL('../../../.caisson/templates', import.meta.url))
const rootfs = `${templates}/names/base/rootfs`
/** The tier builds it before it runs, where the machine can. */
const reason =
  whyNot() ?? (existsSync(rootfs) ? undefined : 'the template base is not built, of which its own test says why')

/** What belongs to the sandbox itself: files of its image, its own devices in memory, its init and daemon, and the rights that were asked for. */
const own = new Set([
  '/etc/shadow',
  '/root/.bashrc',
  '/boot',
  'writes to /usr',
  'writes to /dev',
  // Only a directory of the image, or refused: the sandbox's own group is mounted read-only.
  'writes /sys/fs/cgroup/memory.max',
  'writes /sys/fs/cgroup/cgroup.procs',
  'kills the init',
  '/run/caisson/daemon.sock',
  'lists the socket directory',
  'CapEff',
  'CapPrm',
  'may get new privileges',
  'root',
  'changes its user',
  'su',
  'set-id files work',
])

describe.skipIf(reason !== undefined)(
  `hostile programs of root inside${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    const state = temporaryState()
    const secret = `canary-${randomUUID()}`
    const adapter = createLocalAdapter({
      stateDirectory: state,
      templates: { base: { rootfs, privileges: 'sudo' } },
      preparedSandboxes: 0,
    })
    let sandbox: Sandbox

    beforeAll(async () => {
      writeFileSync(`${state}/canary`, secret, { mode: 0o644 })
      sandbox = await adapter.create({ template: 'base' })
    })
    afterAll(async () => {
      await sandbox.destroy()
      await adapter[Symbol.asyncDispose]()
    })

    it.each(hostilePrograms)('$row: get nothing of $tries that is not their own', async (program) => {
      const canaries = { file: `${state}/canary`, state, secret, hostname: hostname(), pid: String(process.pid) }
      const input = encodeText(hostilePython(program, { ...canaries, port: '1', address: '127.0.0.1' }))
      const argv = ['/usr/bin/sudo', '-n', '/usr/bin/python3', '-'] as const
      const ran = await runProcess(sandbox, { argv, timeoutMs: 60_000 }, { input })
      const lines = decodeText(ran.stdout).trim().split('\n')
      expect(lines.at(-1)).toBe('done')
      expect(lines.slice(0, -1).filter((line) => !own.has(line.replace('ESCAPED ', '')))).toEqual([])
      // The limit is what it was.
      expect((await sandbox.metrics?.())?.memoryLimitBytes).toBe(512 * 1024 * 1024)
    })
  },
)
