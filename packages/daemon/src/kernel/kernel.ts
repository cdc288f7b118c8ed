import { createPipeInput } from '../process/input.ts'
import { killTree, type Root } from '../process/kill-tree.ts'
import { readOutOfMemoryKills } from '../process/out-of-memory.ts'
import { drain, pump } from '../process/pump.ts'
import type { KernelDescriptors } from './kernel-pipes.ts'
import { type KernelEvent, parseKernelEvent } from './kernel-event.ts'
import { createEventOrder, type OutputStream } from './event-order.ts'
import { createLineParser } from './lines.ts'
import { createWrittenText } from './written-text.ts'

/** How a kernel ended. */
export interface KernelExit {
  /** Its exit code, or minus the number of the signal; undefined when nobody knows. */
  readonly code: number | undefined
  readonly cause?: 'stubborn' | 'out-of-memory' | undefined
  /** The last that it wrote on its standard error before its first cell. */
  readonly complaint: string
}

export interface Cell {
  readonly code: string
  /** Variables that hold for this cell. */
  readonly env: Readonly<Record<string, string>>
}

/** Where the output of a cell goes. */
export interface CellSink {
  readonly text: (stream: OutputStream, text: string) => void
  readonly event: (event: Exclude<KernelEvent, { event: 'ready' | 'end' }>) => void
  /** Undefined, or what to wait for until there is room for more. */
  readonly room: () => Promise<void> | undefined
}

/** A kernel that has just been started. */
export interface StartedKernel {
  readonly root: Root
  readonly pipes: KernelDescriptors
  /** Between the marks: chosen anew for every kernel. */
  readonly nonce: string
  /** Resolves when the process is over, if that can be known. */
  readonly exited: Promise<number | undefined>
  /** The first line that it is sent. */
  readonly greeting: string
  readonly encode: (cell: Cell) => string
  /** Whether SIGINT goes to the programs that it started at once. */
  readonly interruptsGroup: boolean
}

export interface Kernel {
  readonly pid: number
  readonly root: Root
  /** Resolves when it is over and all of its output has been told. */
  readonly ended: Promise<KernelExit>
  /** Set when it is over. */
  readonly exit: KernelExit | undefined
  /** Resolves at the end of the cell, or with the kernel's own end. One cell at a time. */
  readonly run: (cell: Cell, sink: CellSink) => Promise<KernelExit | undefined>
  /** Ends the running cell: by SIGINT, and by the kernel's end if that does not help. */
  readonly interrupt: () => Promise<void>
  /** Ends the kernel and all that it started. */
  readonly kill: () => Promise<void>
}

/** How often SIGINT is sent, this far apart, until a cell is killed: the first can come before the cell has begun. It goes to the kernel alone first. */
const interrupts = 4
const interruptMs = 500
/** Text that background work writes between two cells is kept for the next one, up to this. */
const maxIdleText = 64 * 1024
const maxComplaint = 2000

export function createKernel(started: StartedKernel, others: () => readonly Root[]): Kernel {
  const { root, pipes, encode } = started
  const { pid } = root
  const mark = new TextEncoder().encode(`\0\0${started.nonce}\0`)
  const input = createPipeInput(pipes.commands)
  const idleText: { stream: OutputStream; text: string }[] = []
  const ended = Promise.withResolvers<KernelExit>()
  const killsBefore = readOutOfMemoryKills()
  let idleLength = 0
  let bytesRead = 0
  let isReady = false
  let wasKilled = false
  let isStubborn = false
  let complaint = ''
  let exit: KernelExit | undefined
  let current: { readonly sink: CellSink; readonly over: PromiseWithResolvers<KernelExit | undefined> } | undefined

  const order = createEventOrder({
    mark,
    onText: (stream, text, isFirst) => {
      if (isFirst) {
        // What comes before the first event is about the start.
        if (stream === 'stderr') complaint = (complaint + text).slice(-maxComplaint)
      } else if (current !== undefined) {
        current.sink.text(stream, text)
      } else if (idleLength < maxIdleText) {
        idleLength += text.length
        idleText.push({ stream, text })
      }
    },
    onEvent: (event) => {
      if (event.event === 'ready') isReady = true
      else if (event.event === 'end') finishCell(undefined)
      else current?.sink.event(event)
    },
    takeWritten: () => written.take(),
  })

  const written = createWrittenText(pipes, {
    onBytes: takeText,
    shownBytes: () => bytesRead,
    room: () => current?.sink.room(),
    onCaughtUp: () => order.settle(),
  })

  function finishCell(end: KernelExit | undefined): void {
    const finished = current
    current = undefined
    finished?.over.resolve(end)
  }

  function takeText(stream: OutputStream, bytes: Uint8Array): void {
    bytesRead += bytes.byteLength
    order.text(stream, bytes)
  }

  function follow(stream: OutputStream): Promise<void> {
    const take = (bytes: Uint8Array): Promise<void> | undefined => {
      takeText(stream, bytes)
      order.settle()
      return current?.sink.room()
    }
    return pump(pipes[stream], take, written.pumping[stream])
  }

  const parseLines = createLineParser((line) => order.event(parseKernelEvent(line)))

  function takeEvents(bytes: Uint8Array): Promise<void> | undefined {
    try {
      parseLines(bytes)
    } catch {
      // A kernel whose words make no sense cannot be gone on with.
      signal(pid, 'SIGKILL')
    }
    order.settle()
    return current?.sink.room()
  }

  async function live(): Promise<void> {
    const events = pump(pipes.events, takeEvents)
    const output = Promise.all([follow('stdout'), follow('stderr'), events])
    // A child can hold the pipe of a dead kernel, and the end of one whose zygote is dead is told by nothing else.
    const code = await Promise.race([started.exited, events.then(async () => await afterEvents())])
    await drain(output, () => bytesRead)
    order.end()
    exit = { code, cause: causeOf(code), complaint: isReady ? '' : complaint }
    finishCell(exit)
    input?.dispose()
    ended.resolve(exit)
  }

  function causeOf(code: number | undefined): KernelExit['cause'] {
    if (isStubborn) return 'stubborn'
    return code === -9 && !wasKilled && readOutOfMemoryKills() > killsBefore ? 'out-of-memory' : undefined
  }

  async function afterEvents(): Promise<number | undefined> {
    signal(pid, 'SIGKILL')
    return await Promise.race([started.exited, Bun.sleep(1000).then(() => undefined)])
  }

  async function kill(): Promise<void> {
    wasKilled = true
    if (exit === undefined) signal(pid, 'SIGKILL')
    await killTree(root, others)
  }

  void live()
  void input?.write(Buffer.from(started.greeting)).catch(() => undefined)
  return {
    pid,
    root,
    ended: ended.promise,
    get exit() {
      return exit
    },
    run: async (cell, sink) => {
      if (exit !== undefined) return exit
      const over = Promise.withResolvers<KernelExit | undefined>()
      current = { sink, over }
      for (const { stream, text } of idleText.splice(0)) sink.text(stream, text)
      idleLength = 0
      // A kernel that no longer reads is about to be over, which says more than this would.
      void input?.write(Buffer.from(encode(cell))).catch(() => undefined)
      return await over.promise
    },
    interrupt: async () => {
      const running = current?.over.promise
      if (running === undefined) return
      for (let sent = 0; sent < interrupts; sent += 1) {
        signal(sent > 0 || started.interruptsGroup ? -pid : pid, 'SIGINT')
        if (await isOverWithin(running, interruptMs)) return
      }
      isStubborn = true
      await kill()
    },
    kill,
  }
}

async function isOverWithin(running: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), ms)
  void running.then(() => resolve(true))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone already.
  }
}
