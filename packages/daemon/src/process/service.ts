import type { ListResponse, ProcessEvent, StartRequest, WaitResponse } from '@caisson/wire-e2b'
import { ConnectError } from '@caisson/wire-e2b'
import { defaultJournalBytes, type Signal, signals } from '@caisson/core'
import type { Config } from '../config.ts'
import { type MessageSource, readStreamMessages } from '../connect-protocol.ts'
import { notePassed } from '../garbage.ts'
import {
  asBytes,
  asCString,
  asCStrings,
  asEnvironment,
  asFields,
  asFlag,
  asInteger,
  asText,
  type Fields,
  optional,
} from '../fields.ts'
import type { User } from '../user.ts'
import type { ManagedProcess, ProcessRequest, RunningProcess } from './managed-process.ts'
import type { ProcessTable } from './process-table.ts'

const asSide = asInteger(1, 65_535)
const asAmount = asInteger(1)

function asSize(value: unknown, name: string): { cols: number; rows: number } {
  const size = asFields(asFields(value, name)['size'], `${name}.size`)
  return { cols: asSide(size['cols'], `${name}.size.cols`), rows: asSide(size['rows'], `${name}.size.rows`) }
}

/** Checks a `Start` request and fills in what the sandbox gives to every process. */
export function parseStart(message: unknown, user: User, config: Config): ProcessRequest {
  const fields: Readonly<Record<keyof StartRequest, unknown>> = asFields(message, 'request')
  const process = asFields(fields.process, 'process')
  const limits: Fields = optional(fields.caisson, 'caisson', asFields) ?? {}
  return {
    argv: [asCString(process['cmd'], 'process.cmd'), ...(optional(process['args'], 'process.args', asCStrings) ?? [])],
    user,
    cwd: optional(process['cwd'], 'process.cwd', asCString) ?? config.workdir,
    env: { ...config.env, ...optional(process['envs'], 'process.envs', asEnvironment) },
    size: optional(fields.pty, 'pty', asSize),
    stdin: optional(fields.stdin, 'stdin', asFlag) ?? false,
    tag: optional(fields.tag, 'tag', asCString),
    timeoutMs: optional(limits['timeoutMs'], 'caisson.timeoutMs', asInteger(1, 2_147_483_647)),
    outputLimitBytes: optional(limits['outputLimitBytes'], 'caisson.outputLimitBytes', asAmount),
    journalBytes: optional(limits['journalBytes'], 'caisson.journalBytes', asAmount) ?? defaultJournalBytes,
  }
}

/** How often a byte is copied on its way out: base64, JSON, UTF-8. */
const encodings = 3
/** Roughly how much output goes out at once. */
const batchBytes = 256 * 1024

/** The life of a process as messages: its start, its output from a position on, its end. */
export function followProcess(managed: ManagedProcess, fromOffset: number): MessageSource<ProcessEvent> {
  const reader = { position: fromOffset, keepsPace: true, hasMissed: false, isExpected: false }
  let started = false
  let stopWaiting = (): void => undefined

  function takeOutput(messages: ProcessEvent[]): void {
    for (let taken = 0; taken < batchBytes;) {
      const piece = managed.journal.read(reader.position)
      if (piece === undefined) {
        reader.keepsPace = true
        return
      }
      const data = { [piece.stream]: piece.bytes.toBase64(), offset: String(piece.offset) }
      messages.push({ event: { data } })
      reader.hasMissed ||= piece.offset > reader.position
      reader.position = piece.offset + piece.bytes.byteLength
      taken += piece.bytes.byteLength
      notePassed(encodings * piece.bytes.byteLength)
    }
  }

  for (const other of managed.readers) if (other.isExpected) managed.readers.delete(other)
  managed.readers.add(reader)
  return {
    ping: { event: { keepalive: {} } } satisfies ProcessEvent,
    next: async () => {
      const messages: ProcessEvent[] = []
      if (!started) {
        await Promise.race([managed.ended, managed.grown])
        messages.push({ event: { start: describeStart(managed) } })
      }
      started = true
      takeOutput(messages)
      while (messages.length === 0 && managed.result === undefined) {
        const changed = Promise.withResolvers<void>()
        stopWaiting = managed.onChange(changed.resolve)
        await changed.promise
        takeOutput(messages)
      }
      if (managed.result === undefined || managed.journal.read(reader.position) !== undefined) return { messages }
      messages.push({ event: { end: describeEnd(managed.result) } })
      return { messages, done: true }
    },
    dispose: () => {
      managed.readers.delete(reader)
      stopWaiting()
    },
  }
}

function describeStart({ pid, takes }: ManagedProcess): Extract<ProcessEvent['event'], { start: unknown }>['start'] {
  return takes === undefined ? { pid } : { pid, caisson: { input: takes } }
}

function describeEnd(
  result: NonNullable<ManagedProcess['result']>,
): Extract<ProcessEvent['event'], { end: unknown }>['end'] {
  const caisson = { ...result, outputBytes: String(result.outputBytes) }
  const { outcome } = result
  if (outcome.kind === 'exited') {
    const status = `exit status ${outcome.code}`
    return { exitCode: outcome.code, exited: true, status, ...(outcome.code === 0 ? {} : { error: status }), caisson }
  }
  const status = outcome.kind === 'signaled' ? `signal: ${outcome.signal}` : outcome.kind
  return { exitCode: -1, exited: false, status, error: status, caisson }
}

function listProcesses(table: ProcessTable): ListResponse {
  return {
    processes: table.running().map(({ pid, tag, request: { argv, env, cwd } }) => ({
      pid,
      config: { cmd: argv[0], args: argv.slice(1), envs: env, cwd },
      tag,
    })),
  }
}

async function sendInput(managed: RunningProcess, input: unknown): Promise<void> {
  const fields = asFields(input, 'input')
  const stream = fields['pty'] === undefined ? 'stdin' : 'pty'
  const bytes = asBytes(fields[stream], `input.${stream}`)
  const target = (managed.request.size === undefined) === (stream === 'stdin') ? managed.input : undefined
  if (target === undefined)
    throw new ConnectError('failed_precondition', `process ${managed.pid} was started without ${stream}`, 'EBADF')
  await target.write(bytes)
}

/** The unary procedures of `process.Process`, by method name. */
export function createProcessMethods(
  table: ProcessTable,
): Readonly<Record<string, (fields: Fields) => Promise<unknown>>> {
  return {
    List: async () => listProcesses(table),
    Update: async (fields) => {
      const managed = table.findRunning(fields['process'])
      const size = optional(fields['pty'], 'pty', asSize)
      if (size !== undefined) managed.resize(size)
      return {}
    },
    SendInput: async (fields) => {
      await sendInput(table.findRunning(fields['process']), fields['input'])
      return {}
    },
    CloseStdin: async (fields) => {
      await table.findRunning(fields['process']).input?.close()
      return {}
    },
    SendSignal: async (fields) => {
      const name = asText(fields['signal'], 'signal')
      const signal = signals.find((candidate: Signal) => name === `SIGNAL_${candidate}`)
      if (signal === undefined) throw new ConnectError('invalid_argument', `'${name}' is not a signal`)
      table.findRunning(fields['process']).signal(signal)
      return {}
    },
    Wait: async (fields) => {
      const result = await table.find(fields['process']).ended
      return { result: { ...result, outputBytes: String(result.outputBytes) } } satisfies WaitResponse
    },
    Cancel: async (fields) => {
      const managed = table.find(fields['process'])
      await managed.kill('cancelled')
      await managed.ended
      return {}
    },
  }
}

/** `StreamInput`: the process first, then its input. */
export async function streamInput(table: ProcessTable, request: Request): Promise<void> {
  let managed: RunningProcess | undefined
  for await (const message of readStreamMessages(request)) {
    const event = asFields(message, 'message')
    const start = optional(event['start'], 'start', asFields)
    if (start !== undefined) managed = table.findRunning(start['process'])
    const data = optional(event['data'], 'data', asFields)
    if (data === undefined) continue
    if (managed === undefined) throw new ConnectError('invalid_argument', 'input came before the process was named')
    await sendInput(managed, data['input'])
  }
}
