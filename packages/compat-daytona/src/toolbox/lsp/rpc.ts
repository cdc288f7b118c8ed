import { isSandboxError, mib, type Process } from '@caisson/core'
import { DaytonaError } from '../../daytona-error.ts'

/** A language server that speaks over its standard streams. What it says is checked by whoever asked. */
export interface LanguageServer {
  readonly request: (method: string, params: object) => Promise<unknown>
  readonly notify: (method: string, params: object) => Promise<void>
  readonly close: () => Promise<void>
}

const answerMs = 60_000
const longestMessage = 16 * mib

export function openLanguageServer(process: Process): LanguageServer {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const input = process.stdin?.getWriter()
  let kept = Buffer.alloc(0)
  let last = 0

  const fail = (): void => {
    for (const { reject } of waiting.values()) reject(new DaytonaError(502, 'the language server has ended'))
    waiting.clear()
  }

  const take = (bytes: Uint8Array): void => {
    kept = Buffer.concat([kept, bytes])
    if (kept.byteLength > longestMessage) throw new DaytonaError(502, 'the language server says too much')
    for (;;) {
      const end = kept.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d{1,9})/i.exec(kept.subarray(0, Math.max(0, end)).toString())?.[1])
      if (end < 0 || !Number.isFinite(length) || kept.byteLength < end + 4 + length) return
      const message: unknown = JSON.parse(kept.subarray(end + 4, end + 4 + length).toString('utf8'))
      kept = kept.subarray(end + 4 + length)
      hear(message)
    }
  }

  const hear = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('id' in message) || 'method' in message) return
    const asked = waiting.get(Number(message.id))
    waiting.delete(Number(message.id))
    if ('error' in message) asked?.reject(new DaytonaError(502, 'the language server cannot do that'))
    else asked?.resolve('result' in message ? message.result : undefined)
  }

  const listen = async (): Promise<void> => {
    for await (const { stream, bytes } of process.output) if (stream === 'stdout') take(bytes)
  }
  listen().then(fail, fail)

  const write = async (message: object): Promise<void> => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))
    await input?.write(Buffer.concat([Buffer.from(`Content-Length: ${body.byteLength}\r\n\r\n`), body]))
  }

  return {
    request: async (method, params) => {
      last += 1
      const id = last
      const answer = Promise.withResolvers<unknown>()
      waiting.set(id, answer)
      const late = setTimeout(
        () => answer.reject(new DaytonaError(504, 'the language server gave no answer')),
        answerMs,
      )
      try {
        await write({ id, method, params })
        return await answer.promise
      } finally {
        clearTimeout(late)
        waiting.delete(id)
      }
    },
    notify: async (method, params) => await write({ method, params }),
    close: async () => {
      await process.cancel().catch((error: unknown) => {
        if (!isSandboxError(error)) throw error
      })
    },
  }
}
