import { ConnectError } from '@caisson/wire-e2b'
import type { Cell, CellSink, Kernel, KernelExit } from './kernel.ts'
import { describeExit } from './describe-exit.ts'

export interface ContextInfo {
  readonly id: string
  readonly language: string
  readonly cwd: string
}

/** A context: cells run in it one after the other and share their variables. */
export interface Context extends ContextInfo {
  readonly isBusy: boolean
  /** The kernel, if one has been started and is not over. */
  readonly kernel: Kernel | undefined
  /** Runs a cell once those before it are over. It is interrupted when `signal` is given. Resolves when it is over. */
  readonly run: (cell: Cell, sink: ContextSink, signal: AbortSignal) => Promise<void>
  /** Ends the kernel, and with it what is running. The next cell gets a fresh one. */
  readonly restart: () => Promise<void>
}

export interface ContextSink extends CellSink {
  /** The cell begins; it is the context's so-manieth. */
  readonly begin: (count: number) => void
}

export function createContext(info: ContextInfo, start: () => Promise<Kernel>): Context {
  let kernel: Kernel | undefined
  let count = 0
  let turn: Promise<unknown> = Promise.resolve()
  let waiting = 0
  /** Set while the end of the kernel is nothing that has to be told. */
  let isExpected = true
  let generation = 0

  async function runNow(cell: Cell, sink: ContextSink, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const lost = kernel?.exit
    if (lost !== undefined && !isExpected) sink.text('stderr', `${describeExit(info.language, lost)}\n`)
    if (kernel === undefined || lost !== undefined) {
      kernel = undefined
      count = 0
      kernel = await start()
      isExpected = false
    }
    if (signal.aborted) return
    const running = kernel
    const before = generation
    count += 1
    sink.begin(count)
    const interrupt = (): void => void running.interrupt()
    signal.addEventListener('abort', interrupt, { once: true })
    try {
      const exit = await running.run(cell, sink)
      if (exit !== undefined) tellEnd(exit, sink, before, !signal.aborted)
    } finally {
      signal.removeEventListener('abort', interrupt)
    }
  }

  function tellEnd(exit: KernelExit, sink: ContextSink, before: number, isHeard: boolean): void {
    const restarted = generation !== before
    // The next cell need not hear again what this one was told.
    isExpected = isHeard
    if (exit.complaint !== '' && !restarted)
      throw new ConnectError('unavailable', `the ${info.language} kernel did not start: ${exit.complaint.trim()}`)
    const name = restarted ? 'KernelRestarted' : 'KernelDied'
    const value = restarted ? 'the context was restarted' : describeExit(info.language, exit)
    sink.event({ event: 'error', name, value, traceback: `${name}: ${value}`, stateLost: true })
  }

  return {
    ...info,
    get isBusy() {
      return waiting > 0
    },
    get kernel() {
      return kernel?.exit === undefined ? kernel : undefined
    },
    run: async (cell, sink, signal) => {
      waiting += 1
      const mine = turn.then(async () => await runNow(cell, sink, signal))
      turn = mine.catch(() => undefined)
      try {
        await mine
      } finally {
        waiting -= 1
      }
    },
    restart: async () => {
      generation += 1
      isExpected = true
      const old = kernel
      await old?.kill()
      await old?.ended
    },
  }
}
