import type { Cell } from './kernel.ts'
import type { KernelEvent } from './kernel-event.ts'
import type { Asker, Context, ContextSink } from './context.ts'
import { toWireResult } from './results.ts'

/** A sign of life this often, by which a client that is gone is noticed. */
const keepaliveMs = 5000
/** A cell that takes longer than this is told of at once: for clients the time that they give it begins with the first sign of an answer. */
const firstSignMs = 25
/** The kernel is held back while this much waits for the client. */
const roomLength = 256 * 1024

/** A cell on its way, and what came of it that nobody has taken yet. */
export interface Execution {
  /** Resolves when it is over, or has gone on for long enough to be told of. */
  readonly grown: Promise<void>
  /** All that came of it, line by line, if it is over. */
  readonly whole: () => string | undefined
  /** The answer that tells what comes of it, line by line. It is given up when nobody reads any more. To be asked for once. */
  readonly tell: () => Response
  /** Nobody wants to know any more: it is interrupted. */
  readonly giveUp: () => void
}

export function startExecution(context: Context, cell: Cell, onEnd: () => void): Execution {
  const asker: Asker = { isGone: false, onGone: undefined }
  let queue = ''
  let hasNews = false
  let onNews: (() => void) | undefined
  let drained: PromiseWithResolvers<void> | undefined
  let isOver = false
  const grown = Promise.withResolvers<void>()

  function add(message: object): void {
    if (!asker.isGone) queue += `${toAscii(JSON.stringify(message))}\n`
  }

  function push(message: object): void {
    add(message)
    hasNews = true
    onNews?.()
  }

  let signs = setTimeout(() => {
    if (!hasNews) push({ type: 'keepalive' })
    signs = setInterval(() => push({ type: 'keepalive' }), keepaliveMs)
    grown.resolve()
  }, firstSignMs)

  const sink: ContextSink = {
    // Nobody acts upon it: it goes with what comes next, and a short cell is told in one piece.
    begin: (count) => add({ type: 'number_of_executions', execution_count: count }),
    text: (stream, text) => push({ type: stream, text, timestamp: new Date().toISOString() }),
    event: (event) => {
      if (event.event === 'result') push(toWireResult(event.data, event.main))
      else push(toWireError(event))
    },
    room: () => {
      if (queue.length < roomLength || asker.isGone) return undefined
      drained ??= Promise.withResolvers<void>()
      return drained.promise
    },
  }

  function take(): string {
    const text = queue
    queue = ''
    hasNews = false
    drained?.resolve()
    drained = undefined
    return text
  }

  function giveUp(): void {
    clearTimeout(signs)
    asker.isGone = true
    asker.onGone?.()
    take()
  }

  async function run(): Promise<void> {
    try {
      await context.run(cell, sink, asker)
    } catch (error) {
      const value = error instanceof Error ? error.message : String(error)
      push({ type: 'error', name: 'KernelUnavailable', value, traceback: `KernelUnavailable: ${value}` })
    }
    isOver = true
    clearTimeout(signs)
    push({ type: 'end_of_execution' })
    grown.resolve()
    onEnd()
  }

  void run()

  function tell(): Response {
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (!hasNews) await new Promise<void>((resolve) => (onNews = resolve))
          const text = take()
          if (text !== '') controller.enqueue(Buffer.from(text, 'latin1'))
          if (isOver) controller.close()
        },
        cancel: giveUp,
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { headers: { 'content-type': 'application/json' } })
  }

  return { grown: grown.promise, whole: () => (isOver ? queue : undefined), tell, giveUp }
}

function toWireError({ name, value, traceback, stateLost }: Extract<KernelEvent, { event: 'error' }>): object {
  return { type: 'error', name, value, traceback, ...(stateLost === true ? { caisson: { stateLost } } : {}) }
}

/** Some clients decode every piece that they receive by itself, so that a character of several bytes would break where pieces part. */
function toAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
