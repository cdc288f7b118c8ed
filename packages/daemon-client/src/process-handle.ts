import {
  type CallOptions,
  isSandboxError,
  type Process,
  type ProcessResult,
  SandboxError,
  type Signal,
  type TerminalSize,
} from '@caisson/core'
import { procedures, type ProcessInput, waitResponseSchema } from '@caisson/wire-e2b'
import { z } from 'zod'
import type { DaemonCalls } from './daemon-calls.ts'
import { createOutput, type OutputSourceOptions } from './output-source.ts'
import { retryWhileUnreachable } from './retry.ts'

export interface HandleOptions extends Omit<OutputSourceOptions, 'onResult'> {
  readonly input?: 'stdin' | 'pty' | undefined
}

const emptyAnswer = z.object({})
/** Input is sent in messages of at most this size. */
const inputBytes = 512 * 1024

export function createProcessHandle(calls: DaemonCalls, { input, ...source }: HandleOptions): Process {
  const { pid } = source
  let result: ProcessResult | undefined
  const { output, release } = createOutput(calls, { ...source, onResult: (ended) => (result = ended) })
  const process = { pid }

  async function tell(path: string, message: object, options: CallOptions = {}): Promise<void> {
    await calls.unary(path, { process, ...message }, emptyAnswer, { ...options, subject: 'process' })
  }

  /** For calls to which a process that is over already is no failure. */
  async function tellIfThere(path: string, message: object, options: CallOptions | undefined): Promise<void> {
    if (result !== undefined) return
    await tell(path, message, options).catch((error: unknown) => {
      if (!isSandboxError(error) || error.code !== 'process-not-found') throw error
    })
  }

  return {
    pid,
    output,
    ...(input === undefined ? {} : { stdin: createInput(input, tell) }),
    wait: async (options = {}) => {
      if (result !== undefined) return result
      const target = { ...options, subject: 'process', timeless: true } as const
      const answer = await retryWhileUnreachable(calls, options, async () => {
        return await calls.unary(procedures.wait, { process }, waitResponseSchema, target)
      })
      release()
      return (result ??= answer.result)
    },
    signal: async (signal: Signal, options) => {
      await tellIfThere(procedures.sendSignal, { signal: `SIGNAL_${signal}` }, options)
    },
    cancel: async (options) => await tellIfThere(procedures.cancel, {}, options),
    resize: async ({ columns, rows }: TerminalSize, options) => {
      if (input !== 'pty') throw new SandboxError('unsupported', calls.adapter, `process ${pid} has no terminal`)
      await tell(procedures.update, { pty: { size: { cols: columns, rows } } }, options)
    },
  }
}

function createInput(
  kind: 'stdin' | 'pty',
  tell: (path: string, message: object) => Promise<void>,
): WritableStream<Uint8Array> {
  const wrap = (base64: string): ProcessInput => (kind === 'stdin' ? { stdin: base64 } : { pty: base64 })
  return new WritableStream({
    write: async (bytes) => {
      for (let start = 0; start < bytes.byteLength; start += inputBytes) {
        const base64 = Buffer.from(bytes.subarray(start, start + inputBytes)).toString('base64')
        await tell(procedures.sendInput, { input: wrap(base64) })
      }
    },
    close: async () => await tell(procedures.closeStdin, {}),
  })
}
