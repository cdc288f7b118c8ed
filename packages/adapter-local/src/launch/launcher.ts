import { SandboxError, type SandboxErrorCode } from '@caisson/core'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Socket } from 'node:net'
import { adapterName } from '../adapter-name.ts'
import { gvisorLauncherScript } from '../gvisor/launcher-script.ts'
import type { Machine } from '../machine/machine.ts'
import type { MountedVolume } from '../record/record.ts'
import { launcherScript } from './launcher-script.ts'
import { launcherCommand } from './launcher-settings.ts'

/** The process that mounts a sandbox's disk and root and then calls the runtime. */
export interface Launcher {
  /** Waits for its next line, which must begin with `word`; resolves to the rest of it. */
  readonly next: (word: 'prepared' | 'started' | 'limited') => Promise<string>
  /** A line of its protocol. */
  readonly send: (line: string) => void
  /** The last line that it waits for. */
  readonly begin: (configuration: string) => void
  /** Whether this process waits for it before it ends. */
  readonly hold: (held: boolean) => void
  /** Ends its wait for a line: it takes away what it made. Resolves when it is over. */
  readonly abandon: () => Promise<void>
  /** Ends it in whatever it does, without any cleaning up. */
  readonly kill: () => void
  readonly isAlive: () => boolean
}

const failures: Readonly<Record<number, { readonly doing: string; readonly code?: SandboxErrorCode }>> = {
  20: { doing: 'entering the folder of the sandbox' },
  21: { doing: 'joining the control group' },
  22: { doing: 'hiding the unified control groups' },
  23: { doing: 'copying the blank disk', code: 'no-space' },
  24: { doing: 'mounting the disk' },
  25: { doing: 'writing to the disk' },
  26: { doing: 'mounting the root' },
  27: { doing: 'mounting the socket directory' },
  28: { doing: 'mounting the daemon' },
  31: { doing: 'writing the configuration of the daemon' },
  32: { doing: 'starting the container' },
  33: { doing: 'reading the process id of the container' },
  34: { doing: 'limiting the user namespace' },
  35: { doing: 'finding a directory of the template for a volume', code: 'invalid-argument' },
  36: { doing: 'mounting a volume' },
  37: {
    doing: 'mapping user ids (which needs Linux 5.19 and a file system that can, such as ext4 or XFS)',
    code: 'runtime-missing',
  },
}

const keptErrorBytes = 8192

export function startLauncher(machine: Machine, environment: Readonly<Record<string, string>>): Launcher {
  const [program = 'unshare', ...rest] = launcherCommand(machine)
  const script = machine.runtime.name === 'runsc' ? gvisorLauncherScript : launcherScript
  const child = spawn(program, [...rest, '--', 'sh', '-c', script, 'caisson-launcher'], {
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-keptErrorBytes)
  })
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const over = new Promise<{ code: number | null; error?: unknown }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, error }))
    child.once('close', (code) => resolve({ code }))
    // A runtime that outlives its killed launcher keeps the pipes open, so `close` may never come.
    child.once('exit', (code, signal) => signal !== null && resolve({ code }))
  })

  return {
    next: async (word) => {
      const line = await lines.next()
      if (line.done !== true && line.value.startsWith(word)) return line.value.slice(word.length + 1)
      const { code, error } = await over
      const failure = code === null ? undefined : failures[code]
      throw new SandboxError(
        failure?.code ?? 'provider',
        adapterName,
        `${failure?.doing ?? 'starting the launcher'} failed: ${said.trim() || `exit code ${code}`}`,
        { cause: error },
      )
    },
    send: (line) => void child.stdin.write(`${line}\n`),
    begin: (configuration) => void child.stdin.end(`${configuration}\n`),
    hold: (held) => hold(child, held),
    abandon: async () => {
      child.stdin.end()
      hold(child, true)
      await over
    },
    kill: () => void child.kill('SIGKILL'),
    isAlive: () => child.exitCode === null && child.signalCode === null,
  }
}

/** Has the launcher mount volumes: to be told before it begins. */
export function sendVolumes(
  launcher: Launcher,
  images: readonly string[],
  volumes: readonly Pick<MountedVolume, 'path' | 'readOnly'>[],
): void {
  for (const [index, { path, readOnly }] of volumes.entries())
    launcher.send(`volume ${index} ${images[index]} ${readOnly ? 'ro' : 'rw'} ${path}`)
}

function hold(child: ChildProcessWithoutNullStreams, held: boolean): void {
  const pipes = [child.stdin, child.stdout, child.stderr].filter((pipe) => pipe instanceof Socket)
  for (const handle of [child, ...pipes]) {
    if (held) handle.ref()
    else handle.unref()
  }
}
