import { decodeText, runShell, type Sandbox } from '@caisson/core'
import { afterAll, describe, expect, it } from 'vitest'
import type { OciConfig } from '../src/oci/config.ts'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'
import { weakenedSandboxes } from './support/weakened-sandboxes.ts'

const reason = whyNot()

type Change = (config: OciConfig) => OciConfig

const inLinux =
  (change: Partial<OciConfig['linux']>): Change =>
  (config) => ({ ...config, linux: { ...config.linux, ...change } })
const inProcess =
  (change: Partial<OciConfig['process']>): Change =>
  (config) => ({ ...config, process: { ...config.process, ...change } })
const noNamespace =
  (type: string): Change =>
  (config) =>
    inLinux({ namespaces: config.linux.namespaces.filter((namespace) => namespace.type !== type) })(config)
const noLimit =
  (type: string): Change =>
  (config) =>
    inProcess({ rlimits: config.process.rlimits.filter((limit) => limit.type !== type) })(config)
const noMountOption =
  (destination: string, option: string): Change =>
  (config) => ({
    ...config,
    mounts: config.mounts.map((mount) =>
      mount.destination === destination
        ? { ...mount, options: mount.options.filter((present) => !present.startsWith(option)) }
        : mount,
    ),
  })
const moreCapabilities: Change = (config) => {
  const all = [...config.process.capabilities.bounding, 'CAP_DAC_OVERRIDE', 'CAP_SYS_ADMIN']
  return inProcess({ capabilities: { bounding: all, effective: all, permitted: all, inheritable: [], ambient: [] } })(
    config,
  )
}

interface Option {
  readonly option: string
  readonly off: Change
  /** Prints `held` when the option does its work, and anything else when it does not. */
  readonly command: string
}

const held = (condition: string): string => `if ${condition}; then echo held; else echo open; fi`
const system = (number: number, ...rest: readonly (number | string)[]): string =>
  `/usr/bin/python3 -c 'import ctypes; raise SystemExit(ctypes.CDLL(None).syscall(${[number, ...rest].join(', ')}) >= 0)'`

const options: readonly Option[] = [
  { option: 'the filter of system calls', off: inLinux({ seccomp: undefined }), command: held(system(250, 0, -3, 0)) },
  {
    option: 'the bounding set',
    off: moreCapabilities,
    command: held("grep -q 'CapBnd:.00000000000000e0' /proc/self/status"),
  },
  { option: 'masked paths', off: inLinux({ maskedPaths: [] }), command: held('! grep -q . /proc/interrupts') },
  {
    option: 'the network namespace',
    off: noNamespace('network'),
    command: held('test "$(tail -n +3 /proc/net/dev | wc -l)" = 1 && ! grep -q eth0 /proc/net/dev'),
  },
  { option: 'the cgroup namespace', off: noNamespace('cgroup'), command: held('! grep -q caisson /proc/self/cgroup') },
  { option: 'open files', off: noLimit('RLIMIT_NOFILE'), command: held('test "$(ulimit -n)" = 4096') },
  { option: 'core files', off: noLimit('RLIMIT_CORE'), command: held('test "$(ulimit -Hc)" = 0') },
  { option: 'the size of one file', off: noLimit('RLIMIT_FSIZE'), command: held('test "$(ulimit -f)" != unlimited') },
  {
    option: 'the size of /tmp',
    off: noMountOption('/tmp', 'size='),
    command: held('test $(df --output=size -BM /tmp | tail -1) = 256M'),
  },
  {
    option: 'the number of files in /tmp',
    off: noMountOption('/tmp', 'nr_inodes='),
    command: held('test $(df --output=itotal /tmp | tail -1) = 65536'),
  },
  {
    option: 'the number of terminals',
    off: noMountOption('/dev/pts', 'max='),
    command: held("grep -q 'devpts.*max=64' /proc/self/mountinfo"),
  },
  {
    option: 'no programs in /dev/shm',
    off: noMountOption('/dev/shm', 'noexec'),
    command: `cp /usr/bin/true /dev/shm/program; ${held('! /dev/shm/program 2>/dev/null')}`,
  },
  {
    option: '/usr for reading only',
    off: noMountOption('/usr', 'ro'),
    command: held("grep -q ' /usr ro' /proc/self/mountinfo"),
  },
]

describe.skipIf(reason !== undefined)(
  `every option matters${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    const sandboxes = weakenedSandboxes(temporaryState())
    afterAll(sandboxes.close)

    const answer = async (sandbox: Sandbox, command: string): Promise<string> =>
      decodeText((await runShell(sandbox, command, { timeoutMs: 10_000 })).stdout).trim()

    it.each(options)('$option', async ({ off, command }) => {
      expect(await answer(await sandboxes.strong(), command)).toBe('held')
      await using weak = await sandboxes.create(off)
      expect(await answer(weak, command)).toBe('open')
    })

    it('ids of its own', async () => {
      const command = held("test $(awk '{ print $2 }' /proc/self/uid_map) -ge 1879048192")
      expect(await answer(await sandboxes.strong(), command)).toBe('held')
      // Without a user namespace the daemon would be root of the host: such a sandbox does not even start, since nothing in its folders is its own.
      await expect(sandboxes.create(noNamespace('user'))).rejects.toThrow()
    })
  },
)
