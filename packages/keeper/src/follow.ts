import { setTimeout as delay } from 'node:timers/promises'
import { type CallOptions, isSandboxError, type OutputChunk, type ProcessResult, SandboxError } from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import { type KeeperLine, parseLine } from './lines.ts'
import { keeperCommand } from './command.ts'
import type { KeeperCommand, KeeperLink, Relay } from './link.ts'

/** Output that is asked for at one time, and that waits here for a slow reader. */
export const windowBytes = 1024 * 1024
/** SDKs keep all that a command has printed; a relay is exchanged for a new one after so many windows. */
const windowsOfRelay = 16
const startMs = 60_000
/** What has ended is served for so long to a reader that asks for nothing; it takes a new relay then. */
const idleMs = 5000
/** How long the end of a process may be on its way after its relay is gone. */
const lastWordsMs = 5000
const pausedLookMs = 1000
const retries = 6

type Hello = Extract<KeeperLine, { type: 'hello' }>

/** One follower of a process: what it prints, as far as it is asked for, and how it ends. Survives the loss of its connection. */
export interface Follower {
  readonly pid: number
  readonly input: Hello['input']
  /** The next piece of output; `undefined` at its end. One call at a time. */
  readonly next: () => Promise<OutputChunk | undefined>
  /** Nothing more is read. */
  readonly stop: () => void
  readonly result: Promise<ProcessResult>
  readonly isOver: () => boolean
  /** Lines to the keeper. Does nothing once the process is over. */
  readonly tell: (line: string) => Promise<void>
  readonly onInputTaken: (listener: (bytes: number) => void) => void
  readonly close: (reason: unknown) => void
}

export interface Opening {
  readonly fromOffset: number
  /** Starts the process, or finds it. */
  readonly command: KeeperCommand
  /** What a keeper that says no means. */
  readonly refusal: (line: Extract<KeeperLine, { type: 'failed' | 'unknown-process' }>) => SandboxError
}

export async function follow(link: KeeperLink, opening: Opening, options: CallOptions): Promise<Follower> {
  const { refusal } = opening
  const result = Promise.withResolvers<ProcessResult>()
  result.promise.catch(() => undefined)
  const waiting: OutputChunk[] = []
  let position = opening.fromOffset
  let windowIsOpen = true
  let windowsAsked = 1
  let isOutputOver = false
  let isEnded = false
  let isStopped = false
  let failure: { readonly error: unknown } | undefined
  let relay: Relay | undefined
  let idle: NodeJS.Timeout | undefined
  let generation = 0
  let resuming: Promise<void> | undefined
  let onInputTaken = (_bytes: number): void => undefined
  let wake = (): void => undefined

  function fail(error: unknown): void {
    failure ??= { error }
    result.reject(error)
    drop()
    wake()
  }

  function drop(): void {
    clearTimeout(idle)
    generation += 1
    relay?.close()
    relay = undefined
  }

  function breach(message: string): SandboxError {
    return new SandboxError('protocol', link.adapter, message)
  }

  function obey(line: KeeperLine): void {
    switch (line.type) {
      case 'output': {
        const { offset, bytes } = line.chunk
        if (offset < position) return fail(breach(`output at ${offset} comes after output up to ${position}`))
        position = offset + bytes.byteLength
        if (!isStopped && bytes.byteLength > 0) waiting.push(line.chunk)
        return wake()
      }
      case 'window-used':
        windowIsOpen = false
        if (isEnded) idle = setTimeout(drop, idleMs).unref()
        return wake()
      case 'result':
        isEnded = true
        result.resolve(line.result)
        if (!windowIsOpen) idle = setTimeout(drop, idleMs).unref()
        return
      case 'output-over':
        isOutputOver = true
        drop()
        return wake()
      case 'input-taken':
        return onInputTaken(line.bytes)
      case 'hello':
      case 'failed':
      case 'unknown-process':
        return fail(breach(`a keeper says ${line.type} in the middle`))
    }
  }

  /** Opens a relay and waits for the first word of the keeper. */
  async function open(command: KeeperCommand, call: CallOptions): Promise<Hello> {
    const first = Promise.withResolvers<KeeperLine>()
    first.promise.catch(() => undefined)
    generation += 1
    const own = generation
    let hasBegun = false
    const opened = await link.openRelay(
      command,
      {
        onLine: (text) => {
          const line = parseLine(text)
          if (!hasBegun) {
            hasBegun = true
            if (line === undefined) first.reject(breach('a keeper says what is no word of keepers'))
            else first.resolve(line)
          } else if (own === generation) {
            if (line === undefined) fail(breach('a keeper says what is no word of keepers'))
            else obey(line)
          }
        },
        onEnd: (error) => {
          first.reject(error ?? new SandboxError('unavailable', link.adapter, 'the relay ended before it began'))
          if (own === generation && hasBegun) void lost(error)
        },
      },
      call,
    )
    relay = opened
    using scope = createCallScope(link.adapter, call, startMs)
    const late = Promise.withResolvers<never>()
    const giveUp = (): void => late.reject(scope.signal.reason)
    scope.signal.addEventListener('abort', giveUp, { once: true })
    if (scope.signal.aborted) giveUp()
    try {
      const line = await Promise.race([first.promise, late.promise])
      if (line.type === 'hello') return line
      throw line.type === 'failed' || line.type === 'unknown-process'
        ? refusal(line)
        : breach('a keeper does not greet')
    } catch (error) {
      if (own === generation) drop()
      throw isSandboxError(error) ? error : await explainEnd(error)
    }
  }

  async function explainEnd(error: unknown): Promise<unknown> {
    const known = new SandboxError('unavailable', link.adapter, 'the connection to a process broke off', {
      cause: error,
    })
    return await link.explain(known)
  }

  /** The relay is over although the process may go on. */
  async function lost(error: unknown): Promise<void> {
    relay = undefined
    generation += 1
    if (isOutputOver || failure !== undefined) return
    windowIsOpen = false
    // What has ended and is read no further needs no connection until somebody reads.
    if (isEnded) return wake()
    if (error !== undefined) {
      const meaning = await explainEnd(error)
      if (isSandboxError(meaning) && meaning.code === 'sandbox-not-found') return fail(meaning)
    }
    try {
      await resume()
    } catch (given) {
      fail(given)
    }
  }

  /** Finds the process again and goes on where its output was left. */
  async function resume(): Promise<void> {
    resuming ??= reattach().finally(() => (resuming = undefined))
    await resuming
  }

  async function reattach(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (failure !== undefined) return
      try {
        drop()
        windowIsOpen = true
        windowsAsked = 1
        await open(keeperCommand(['attach', 'token', token, position, windowBytes]), {})
        // Nobody tells any more what was taken of that which came over the old relay.
        onInputTaken(Infinity)
        return
      } catch (error) {
        windowIsOpen = false
        if (!isSandboxError(error)) throw error
        if (error.code === 'conflict') attempt = 0
        else if (!error.retryable || attempt >= retries) throw error
        await delay(attempt === 0 ? pausedLookMs : 100 * 2 ** attempt)
      }
    }
  }

  async function endsSoon(): Promise<boolean> {
    const isOver = result.promise.then(
      () => true,
      () => false,
    )
    return await Promise.race([isOver, delay(lastWordsMs, false, { ref: false })])
  }

  async function askForMore(): Promise<void> {
    clearTimeout(idle)
    if (relay !== undefined && windowsAsked < windowsOfRelay) {
      windowIsOpen = true
      windowsAsked += 1
      await relay.send(`f${position} ${windowBytes}\n`).catch(async () => {
        if (windowIsOpen && failure === undefined) await resume()
      })
    } else await resume()
  }

  const { pid, token, input } = await open(opening.command, options)

  return {
    pid,
    input,
    result: result.promise,
    isOver: () => isEnded || failure !== undefined,
    next: async () => {
      for (;;) {
        const chunk = waiting.shift()
        if (chunk !== undefined) return chunk
        if (isOutputOver) return undefined
        if (failure !== undefined) throw failure.error
        if (!windowIsOpen && resuming === undefined) await askForMore().catch(fail)
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    stop: () => {
      isStopped = true
      waiting.length = 0
      if (isEnded) drop()
    },
    tell: async (line) => {
      if (isEnded) return
      await resuming
      if (failure !== undefined) throw failure.error
      try {
        await relay?.send(`${line}\n`)
      } catch (error) {
        // The relay ends with the process, and its last words may still be on their way.
        if (!(await endsSoon())) throw error
      }
    },
    onInputTaken: (listener) => (onInputTaken = listener),
    close: fail,
  }
}
