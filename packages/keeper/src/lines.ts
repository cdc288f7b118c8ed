import { constants } from 'node:os'
import type { OutputChunk, ProcessOutcome, ProcessResult } from '@caisson/core'

/** What a keeper says, one line each. What comes from a sandbox is what code there makes of it: a line that is none is `undefined`. */
export type KeeperLine =
  | {
      readonly type: 'hello'
      readonly pid: number
      readonly token: string
      readonly input: 'none' | 'pipe' | 'terminal'
    }
  | { readonly type: 'failed'; readonly doing: string; readonly errno: number }
  | { readonly type: 'unknown-process' }
  | { readonly type: 'output'; readonly chunk: OutputChunk }
  | { readonly type: 'window-used' }
  | { readonly type: 'input-taken'; readonly bytes: number }
  | { readonly type: 'result'; readonly result: ProcessResult }
  | { readonly type: 'output-over' }

const streams: Readonly<Record<string, OutputChunk['stream']>> = { o: 'stdout', e: 'stderr', t: 'terminal' }

export function parseLine(line: string): KeeperLine | undefined {
  const rest = line.slice(1)
  switch (line.charAt(0)) {
    case 'o':
    case 'e':
    case 't':
      return parseOutput(line.charAt(0), rest)
    case 'm':
      return { type: 'window-used' }
    case 'z':
      return { type: 'output-over' }
    case 'N':
      return { type: 'unknown-process' }
    case 'H':
      return parseHello(rest)
    case 'a':
      return /^\d{1,9}$/.test(rest) ? { type: 'input-taken', bytes: Number(rest) } : undefined
    case 'F': {
      const [, doing, errno] = /^([a-z]+) (\d{1,4})$/.exec(rest) ?? []
      return doing === undefined ? undefined : { type: 'failed', doing, errno: Number(errno) }
    }
    case 'x':
      return parseResult(rest)
    default:
      return undefined
  }
}

function parseHello(rest: string): KeeperLine | undefined {
  const [, pid, token, word] = /^(\d{1,9}) ([a-z0-9]{26}) ([a-z]+)$/.exec(rest) ?? []
  const input = word === 'none' || word === 'pipe' || word === 'terminal' ? word : undefined
  return token === undefined || input === undefined ? undefined : { type: 'hello', pid: Number(pid), token, input }
}

function parseOutput(kind: string, rest: string): KeeperLine | undefined {
  const [, offset, base64 = ''] = /^(\d{1,15}) ([A-Za-z0-9+/]*={0,2})$/.exec(rest) ?? []
  const stream = streams[kind]
  if (offset === undefined || stream === undefined) return undefined
  return {
    type: 'output',
    chunk: { stream, offset: Number(offset), bytes: new Uint8Array(Buffer.from(base64, 'base64')) },
  }
}

function parseResult(rest: string): KeeperLine | undefined {
  const [, kind = '', value, durationMs, outputBytes] = /^([a-z-]+) (\d{1,5}) (\d{1,15}) (\d{1,15})$/.exec(rest) ?? []
  const outcome = toOutcome(kind, Number(value))
  if (outcome === undefined) return undefined
  return { type: 'result', result: { outcome, durationMs: Number(durationMs), outputBytes: Number(outputBytes) } }
}

function toOutcome(kind: string, value: number): ProcessOutcome | undefined {
  switch (kind) {
    case 'exited':
      return { kind, code: value }
    case 'signaled':
      return { kind, signal: signalName(value) }
    case 'timed-out':
    case 'cancelled':
    case 'output-limit':
    case 'out-of-memory':
      return { kind }
    default:
      return undefined
  }
}

function signalName(value: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === value)?.[0] ?? `SIG${value}`
}
