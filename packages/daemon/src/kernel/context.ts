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
  /** Runs a cell once those before it are over. It is interrupted when its asker goes. Resolves when it is over. */
  readonly run: (cell: Cell, sink: ContextSink, asker: Asker) => Promise<void>
  /** Ends the kernel, and with it what is running. The next cell gets a fresh one. */
  readonly restart: () => Promise<void>
}

/** Who wants to know what comes of a cell. An `AbortSignal` would cost a short cell more time than all else here. */
export interface Asker {
  isGone: boolean
  /** To be told when it goes. */
  onGone: (() => void) | undefined
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

  async function runNow(cell: Cell, sink: ContextSink, asker: Asker): Promise<void> {
    if (asker.isGone) return
    const lost = kernel?.exit
    if (lost !== undefined && !isExpected) sink.text('stderr', `${describeExit(info.language, lost)}\n`)
    if (kernel === undefined || lost !== undefined) {
      kernel = undefined
      count = 0
      kernel = await start()
      isExpected = false
    }
    if (asker.isGone) return
    const running = kernel
    const before = generation
    count += 1
    sink.begin(count)
    asker.onGone = () => void running.interrupt()
    try {
      const exit = await running.run(cell, sink)
      if (exit !== undefined) tellEnd(exit, sink, before, !asker.isGone)
    } finally {
      asker.onGone = undefined
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
    run: async (cell, sink, asker) => {
      waiting += 1
      const mine = waiting === 1 ? runNow(cell, sink, asker) : turn.then(async () => await runNow(cell, sink, asker))
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
