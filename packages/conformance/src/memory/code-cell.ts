import {
  type CallOptions,
  type CodeEvent,
  decodeText,
  type Environment,
  type Process,
  type Processes,
  type ProcessOutcome,
  SandboxError,
} from '@caisson/core'

/** One context of the imagined shell. */
export interface Context {
  readonly id: string
  readonly cwd: string
  readonly variables: Map<string, string>
  running: Process | undefined
  /** Resolves when all cells so far are over. */
  turn: Promise<unknown>
  executions: number
  restarts: number
}

export function createContext(id: string, cwd: string): Context {
  return { id, cwd, variables: new Map(), running: undefined, turn: Promise.resolve(), executions: 0, restarts: 0 }
}

export interface CellRequest {
  readonly adapter: string
  readonly processes: Processes
  readonly code: string
  readonly env: Environment
  readonly options: CallOptions
}

/** Runs a cell when those before it are over, and tells what comes of it. */
export function followCell(context: Context, request: CellRequest): ReadableStream<CodeEvent> {
  const { adapter, options } = request
  let isOver = false
  let leave = (): void => undefined
  return new ReadableStream<CodeEvent>({
    start: (controller) => {
      leave = () => {
        isOver = true
        clearTimeout(timer)
        options.signal?.removeEventListener('abort', abort)
        void context.running?.cancel().catch(() => undefined)
      }
      const giveUp = (code: 'timeout' | 'cancelled'): void => {
        if (isOver) return
        leave()
        controller.error(new SandboxError(code, adapter, 'the cell was given up'))
      }
      const abort = (): void => giveUp('cancelled')
      options.signal?.addEventListener('abort', abort, { once: true })
      const { deadline } = options
      const timer = deadline === undefined ? undefined : setTimeout(() => giveUp('timeout'), deadline - Date.now())
      const tell = (event: CodeEvent): void => {
        if (!isOver) controller.enqueue(event)
      }
      const run = async (before: Promise<unknown>): Promise<void> => {
        await before
        try {
          if (!isOver) await runCell(context, request, tell, () => isOver)
          if (isOver) return
          leave()
          controller.close()
        } catch (error) {
          if (isOver) return
          leave()
          controller.error(error)
        }
      }
      context.turn = run(context.turn)
    },
    cancel: () => leave(),
  })
}

/** A line that is nothing but an assignment; its value is kept as it was written. */
const assignment = /^([A-Za-z_]\w*)=('[^']*'|[^\s;&|]*)$/gm

async function runCell(
  context: Context,
  request: CellRequest,
  tell: (event: CodeEvent) => void,
  isGivenUp: () => boolean,
): Promise<void> {
  const { code, env, processes } = request
  const { restarts } = context
  const known = Array.from(context.variables, ([name, value]) => `${name}=${value}\n`).join('')
  context.executions += 1
  const process = await processes.spawn({ argv: ['/bin/sh', '-c', `${known}${code}`], cwd: context.cwd, env })
  context.running = process
  if (isGivenUp()) await process.cancel()
  for await (const { stream, bytes } of process.output)
    tell({ type: stream === 'stderr' ? 'stderr' : 'stdout', text: decodeText(bytes) })
  const { outcome } = await process.wait()
  context.running = undefined
  if (context.restarts !== restarts) {
    tell(failure('KernelRestarted', 'the context was restarted', true))
  } else if (/^exit\b/m.test(code)) {
    context.variables.clear()
    tell(failure('KernelDied', 'the shell ended', true))
  } else if (outcome.kind === 'exited' && outcome.code === 0) {
    for (const [, name = '', value = ''] of code.matchAll(assignment)) context.variables.set(name, value)
  } else {
    tell(failure('ExitStatus', describe(outcome), false))
  }
  tell({ type: 'end', executionCount: context.executions })
}

function failure(name: string, value: string, stateLost: boolean): CodeEvent {
  return { type: 'error', name, value, traceback: `${name}: ${value}`, stateLost }
}

function describe(outcome: ProcessOutcome): string {
  return outcome.kind === 'exited' ? String(outcome.code) : outcome.kind
}
