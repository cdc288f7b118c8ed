import { isSandboxError, type Process, type ProcessResult, type ProcessSpec, type Signal, signals } from '@caisson/core'
import {
  ConnectError,
  connectRequestSchema,
  type ListResponse,
  type ProcessEvent,
  processRequestSchema,
  type ProcessSelector,
  sendInputRequestSchema,
  sendSignalRequestSchema,
  startRequestSchema,
  updateRequestSchema,
} from '@caisson/wire-e2b'
import { z } from 'zod'
import type { Entry } from '../sandboxes/entry.ts'
import { answerStream, answerUnary, type Exchange } from './exchange.ts'

/** The handles of processes that were started through here: only they can write to their input. */
const started = new WeakMap<Entry, Map<number, Process>>()

function keep(entry: Entry, process: Process): void {
  const known = started.get(entry) ?? new Map<number, Process>()
  started.set(entry, known)
  known.set(process.pid, process)
  void process.wait().then(
    () => known.delete(process.pid),
    () => known.delete(process.pid),
  )
}

async function find(entry: Entry, selector: ProcessSelector): Promise<Process> {
  const known = 'pid' in selector ? started.get(entry)?.get(selector.pid) : undefined
  if (known !== undefined) return known
  const process = await entry.sandbox.processes.attach('pid' in selector ? selector.pid : selector.tag)
  await process.output.cancel()
  return process
}

/** `process.Process`, method by method. */
export const processMethods: Readonly<Record<string, (exchange: Exchange) => Promise<void>>> = {
  Start: async (exchange) =>
    await answerStream(exchange, startRequestSchema, async function* ({ process, pty, tag, stdin }) {
      const { entry, user, request } = exchange
      const timeoutMs = Number(request.headers['connect-timeout-ms'] ?? 0)
      const spec: ProcessSpec = {
        argv: [process.cmd, ...process.args],
        env: process.envs,
        ...(process.cwd === undefined ? {} : { cwd: process.cwd }),
        ...(user === undefined ? {} : { user }),
        ...(pty === undefined ? {} : { terminal: { columns: pty.size.cols, rows: pty.size.rows } }),
        ...(tag === undefined ? {} : { tag }),
        ...(timeoutMs > 0 ? { timeoutMs } : {}),
        stdin: stdin === true ? 'pipe' : 'none',
      }
      const handle = await entry.sandbox.processes.spawn(spec).catch((error: unknown) => {
        const isCwd = isSandboxError(error) && error.code === 'path-not-found' && process.cwd !== undefined
        throw isCwd ? new ConnectError('invalid_argument', `cwd '${process.cwd ?? ''}' does not exist`) : error
      })
      keep(entry, handle)
      yield* eventsOf(handle)
    }),
  Connect: async (exchange) =>
    await answerStream(exchange, connectRequestSchema, async function* ({ process }) {
      const { processes } = exchange.entry.sandbox
      // Only what comes from now on: as with E2B, there is no replay.
      const handle = await processes.attach('pid' in process ? process.pid : process.tag)
      yield* eventsOf(handle)
    }),
  List: async (exchange) =>
    await answerUnary(exchange, z.object({}), async (): Promise<ListResponse> => {
      const running = await exchange.entry.sandbox.processes.list()
      return {
        processes: running.map(({ pid, argv: [cmd = '', ...args], cwd, tag }) => {
          const config = { cmd, args, envs: {}, cwd }
          return { pid, config, tag }
        }),
      }
    }),
  Update: async (exchange) =>
    await answerUnary(exchange, updateRequestSchema, async ({ process, pty }) => {
      const handle = await find(exchange.entry, process)
      if (pty !== undefined) await handle.resize({ columns: pty.size.cols, rows: pty.size.rows })
      return {}
    }),
  SendInput: async (exchange) =>
    await answerUnary(exchange, sendInputRequestSchema, async ({ process, input }) => {
      const { stdin } = await find(exchange.entry, process)
      if (stdin === undefined) throw new ConnectError('failed_precondition', 'the process has no open input here')
      const writer = stdin.getWriter()
      try {
        await writer.write(Buffer.from('stdin' in input ? input.stdin : input.pty, 'base64'))
      } finally {
        writer.releaseLock()
      }
      return {}
    }),
  CloseStdin: async (exchange) =>
    await answerUnary(exchange, processRequestSchema, async ({ process }) => {
      await (await find(exchange.entry, process)).stdin?.close()
      return {}
    }),
  SendSignal: async (exchange) =>
    await answerUnary(exchange, sendSignalRequestSchema, async ({ process, signal: name }) => {
      const signal = signals.find((candidate: Signal) => name === `SIGNAL_${candidate}`)
      const handle = await find(exchange.entry, process)
      if (signal === 'SIGKILL') await handle.cancel()
      else if (signal !== undefined) await handle.signal(signal)
      return {}
    }),
}

async function* eventsOf(process: Process): AsyncGenerator<ProcessEvent> {
  yield { event: { start: { pid: process.pid } } }
  for await (const { stream, bytes } of process.output) {
    const name = stream === 'terminal' ? 'pty' : stream
    yield { event: { data: { [name]: Buffer.from(bytes).toString('base64') } } }
  }
  yield { event: { end: endOf(await process.wait()) } }
}

function endOf({ outcome }: ProcessResult): Extract<ProcessEvent['event'], { end: unknown }>['end'] {
  if (outcome.kind === 'exited') {
    const status = `exit status ${outcome.code}`
    return { exitCode: outcome.code, exited: true, status, ...(outcome.code === 0 ? {} : { error: status }) }
  }
  const status = outcome.kind === 'signaled' ? `signal: ${outcome.signal}` : outcome.kind
  return { exitCode: -1, exited: false, status, error: status }
}
