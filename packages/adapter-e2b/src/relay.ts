import { type CallOptions, SandboxError } from '@caisson/core'
import type { byEnvironment, Relay, RelayEvents } from '@caisson/keeper'
import type { Link } from './link.ts'

/** Longest line that a keeper may say: a piece of output in base64. */
const mostLineBytes = 2 * 1024 * 1024
/** Starts a relay. `options` hold until it stands. */
export async function openRelay(
  link: Link,
  { command, envs }: ReturnType<typeof byEnvironment>,
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
