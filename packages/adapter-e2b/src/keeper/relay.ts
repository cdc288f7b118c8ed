import { type CallOptions, SandboxError } from '@caisson/core'
import type { Link } from '../link.ts'
import { keeperProgram } from './keeper-program.ts'

/** A command of E2B whose lines go to and from the keeper of one process. */
export interface Relay {
  /** Sends lines to the keeper, in order. */
  readonly send: (lines: string) => Promise<void>
  /** Ends the relay. The process that it is about goes on. */
  readonly close: () => void
}

export interface RelayEvents {
  readonly onLine: (line: string) => void
  /** Told once: the relay is over, by itself or by this failure. */
  readonly onEnd: (error: unknown) => void
}

/** Longest line that a keeper may say: a piece of output in base64. */
const mostLineBytes = 2 * 1024 * 1024
/** An environment variable may hold 128 KiB. */
const partBytes = 96 * 1024

const keeperVariable = 'CAISSON_KEEPER'
const run = `exec perl -e 'my $program = delete $ENV{${keeperVariable}}; eval $program; die $@ if $@'`

/** Runs the keeper's program in the sandbox. It comes with each command: what lies in a sandbox belongs to the code there. */
export function keeperCommand(
  words: readonly (string | number)[],
  spec = '',
): { readonly command: string; readonly envs: Record<string, string> } {
  const base64 = Buffer.from(spec).toString('base64')
  const parts = base64.match(new RegExp(`.{1,${partBytes}}`, 'g')) ?? []
  return {
    command: [run, ...words].join(' '),
    envs: {
      [keeperVariable]: keeperProgram,
      ...Object.fromEntries(parts.map((part, index) => [`CAISSON_SPEC_${index}`, part])),
    },
  }
}

/** Starts a relay. `options` hold until it stands. */
export async function openRelay(
  link: Link,
  { command, envs }: ReturnType<typeof keeperCommand>,
  { onLine, onEnd }: RelayEvents,
  options: CallOptions,
): Promise<Relay> {
  let rest = ''
  let isOver = false
  const end = (error: unknown): void => {
    if (isOver) return
    isOver = true
    onEnd(error)
  }
  const began = new AbortController()
  const handle = await link.call('sandbox', options, async ({ commands }, signal) => {
    const giveUp = (): void => began.abort(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    const onStdout = (text: string): void => {
      if (isOver) return
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > mostLineBytes)
        end(new SandboxError('protocol', link.adapter, 'a keeper says a line without an end'))
      for (const line of lines) if (!isOver) onLine(line)
    }
    return await commands.run(command, {
      background: true,
      stdin: true,
      timeoutMs: 0,
      envs,
      onStdout,
      signal: began.signal,
    })
  })
  handle.wait().then(
    () => end(undefined),
    (error: unknown) => end(error),
  )
  let sending: Promise<unknown> = Promise.resolve()
  return {
    send: async (lines) => {
      const before = sending
      const sent = (async (): Promise<void> => {
        await before
        await link.call('sandbox', undefined, async (_, signal) => await handle.sendStdin(lines, { signal }))
      })()
      sending = sent.catch(() => undefined)
      await sent
    },
    close: () => {
      isOver = true
      void handle.disconnect().catch(() => undefined)
      void handle.kill().catch(() => undefined)
    },
  }
}
