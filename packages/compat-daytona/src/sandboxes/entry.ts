import { decodeText, type ProcessSpec, runShell, type Sandbox } from '@caisson/core'
import type { SandboxEnv, SandboxRecord } from './record.ts'

/** What a sandbox's own shell says of it. */
export interface Facts {
  readonly home: string
  /** Where its programs start. */
  readonly workdir: string
  /** The best shell that is there. */
  readonly shell: string
  readonly user: string
}

/** A sandbox that runs, as this process has it at hand. */
export interface Entry {
  readonly id: string
  readonly sandbox: Sandbox
  /** Ways to break off what clients are in the middle of. While there is one, the sandbox is in use. */
  readonly clients: Set<() => void>
  readonly facts: () => Promise<Facts>
  /** Whether it is over, stopped or about to be. */
  gone: boolean
  /** When this process last told the others that the sandbox is in use. */
  toldAtMs: number
}

export function createEntry(record: SandboxRecord, sandbox: Sandbox): Entry {
  let facts: Promise<Facts> | undefined
  return {
    id: record.id,
    sandbox,
    clients: new Set(),
    facts: async () => {
      facts ??= askFacts(sandbox).catch((error: unknown) => {
        facts = undefined
        throw error
      })
      return await facts
    },
    gone: false,
    toldAtMs: 0,
  }
}

async function askFacts(sandbox: Sandbox): Promise<Facts> {
  const script =
    'printf "%s\\n" "${HOME:-/}" "$PWD" "$(command -v bash || echo /bin/sh)" "$(id -un 2>/dev/null || id -u)"'
  const { stdout } = await runShell(sandbox, script, { timeoutMs: 30_000 })
  const [home = '/', workdir = '/', shell = '/bin/sh', user = 'root'] = decodeText(stdout).split('\n')
  return {
    home: home.startsWith('/') ? home : '/',
    workdir: workdir.startsWith('/') ? workdir : '/',
    shell: shell.startsWith('/') ? shell : '/bin/sh',
    user,
  }
}

/** Breaks off all that clients are in the middle of. */
export function cutClients(entry: Entry): void {
  for (const cut of entry.clients) cut()
  entry.clients.clear()
}

/** A program as it is to start now: with the variables that were set since the sandbox was made, and without those that were taken away. */
export function withEnv({ set, unset }: SandboxEnv, spec: ProcessSpec): ProcessSpec {
  const env = { ...set, ...spec.env }
  const gone = unset.filter((name) => env[name] === undefined)
  if (gone.length === 0) return { ...spec, env }
  return { ...spec, env, argv: ['env', ...gone.flatMap((name) => ['-u', name]), ...spec.argv] }
}
