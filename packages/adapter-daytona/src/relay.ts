import { type CallOptions, freshId, SandboxError } from '@caisson/core'
import { byInput, type KeeperCommand, readyLine, type Relay, type RelayEvents } from '@caisson/keeper'
import type { PtyHandle } from '@daytonaio/sdk'
import type { Link } from './link.ts'

/** Longest line that a keeper may say: a piece of output in base64. */
const mostLineBytes = 2 * 1024 * 1024

/**
 * Runs a keeper on a terminal of Daytona that passes bytes on as they are: the only one of its ways into a sandbox that goes in both directions. What the
 * terminal's shell prints before is skipped.
 */
export async function openRelay(
  link: Link,
  command: KeeperCommand,
  { onLine, onEnd }: RelayEvents,
  options: CallOptions,
): Promise<Relay> {
  const { command: typed, input } = byInput(command)
  const ready = Promise.withResolvers<void>()
  ready.promise.catch(() => undefined)
  const decoder = new TextDecoder('latin1')
  let rest = ''
  let isReady = false
  let isOver = false
  const end = (error: unknown): void => {
    ready.reject(error ?? new SandboxError('unavailable', link.adapter, 'the terminal ended before the keeper began'))
    if (isOver) return
    isOver = true
    onEnd(error)
  }
  const onData = (bytes: Uint8Array): void => {
    if (isOver) return
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > mostLineBytes)
      end(new SandboxError('protocol', link.adapter, 'a keeper says a line without an end'))
    for (const line of lines) {
      if (isOver) return
      if (isReady) onLine(line)
      else if (line.replace(/\r$/, '').endsWith(readyLine)) {
        isReady = true
        ready.resolve()
      }
    }
  }
  const terminal = await link.call('sandbox', options, async ({ process }, signal) => {
    const opened = await process.createPty({ id: `caisson-${freshId()}`, envs: { PS1: '' }, onData })
    try {
      opened.wait().then(
        () => end(undefined),
        (error: unknown) => end(error),
      )
      await opened.sendInput(`stty raw -echo; ${typed}\n`)
      await Promise.race([ready.promise, aborted(signal)])
      await opened.sendInput(input)
      return opened
    } catch (error) {
      isOver = true
      leave(opened)
      throw error
    }
  })
  return {
    send: async (lines) => await terminal.sendInput(lines),
    close: () => {
      isOver = true
      leave(terminal)
    },
  }
}

/** The terminal would outlive us. */
function leave(terminal: PtyHandle): void {
  void terminal
    .kill()
    .catch(() => undefined)
    .then(async () => await terminal.disconnect())
}

async function aborted(signal: AbortSignal): Promise<never> {
  return await new Promise<never>((_resolve, reject) => {
    const giveUp = (): void => reject(signal.reason)
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
  })
}
