import type { Machine, RunResult } from '../../src/doctor/machine.ts'

const mounts = (type: string, controllers: readonly string[]) =>
  controllers.map((name) => `1 2 0:1 / /sys/fs/cgroup/${name} rw shared:1 - ${type} ${type} rw,${name}`).join('\n')

/** Files of a machine on which everything works. */
export const files = {
  '/proc/sys/kernel/osrelease': '6.1.0-18-amd64\n',
  '/proc/sys/user/max_user_namespaces': '10000\n',
  '/proc/sys/kernel/seccomp/actions_avail': 'kill_process errno allow\n',
  '/proc/filesystems': 'nodev\tproc\nnodev\toverlay\n\text4\n',
  '/proc/self/mountinfo': mounts('cgroup', ['memory', 'pids', 'cpu', 'freezer']),
  '/dev/loop-control': '',
} as const

/** Its programs with what they print for `--version`. */
export const programs = {
  crun: 'crun version 1.8.1\n',
  runc: 'runc version 1.1.5\n',
  runsc: 'runsc version 0.0~20240729.0\n',
  'tini-static': '',
  unshare: '',
  'mkfs.ext4': '',
  pdftotext: '',
  buildah: '',
  debootstrap: '',
} as const

const done = (stdout = ''): RunResult => ({ exitCode: 0, stdout, stderr: '' })
const failed: RunResult = { exitCode: 1, stdout: '', stderr: 'no' }

export interface SomeMachine {
  readonly uid?: number
  readonly files?: Readonly<Record<string, string | undefined>>
  readonly programs?: Readonly<Record<string, string | undefined>>
  /** Words of commands that fail. */
  readonly failing?: readonly string[]
  readonly freeBytes?: number
  readonly listening?: readonly number[]
  readonly answers?: Readonly<Record<string, string>>
  readonly canMakeFolder?: boolean
  readonly platform?: string
}

/** A machine on which everything works but what is said here. */
export function someMachine(changes: SomeMachine = {}): Machine {
  const present: Readonly<Record<string, string | undefined>> = { ...files, ...changes.files }
  const installed: Readonly<Record<string, string | undefined>> = { ...programs, ...changes.programs }
  return {
    platform: changes.platform ?? 'linux',
    architecture: 'x64',
    uid: changes.uid ?? 0,
    readText: async (path) => present[path],
    isThere: async (path) => present[path] !== undefined,
    findProgram: async (name) => (installed[name] === undefined ? undefined : `/usr/bin/${name}`),
    run: async ([program, ...words]) => {
      if (changes.failing?.some((word) => program.includes(word) || words.some((one) => one.includes(word))) === true)
        return failed
      if (program === 'id') return done('dev\n')
      return done(words[0] === '--version' ? installed[program.replace('/usr/bin/', '')] : '')
    },
    canMakeFolder: async () => changes.canMakeFolder ?? true,
    freeBytes: async () => changes.freeBytes ?? 100 * 1024 ** 3,
    ask: async (at, path) =>
      changes.answers?.[`${'socketPath' in at ? at.socketPath : `${at.host ?? ''}${at.port}`}${path}`],
    isListening: async (port) => changes.listening?.includes(port) ?? false,
  }
}
