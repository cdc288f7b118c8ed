import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { type FileInfo, type FileOptions, type Files, isSandboxError, SandboxError } from '@caisson/core'
import {
  entryResponseSchema,
  filesWrittenSchema,
  listDirResponseSchema,
  procedures,
  decodeJson,
  removeResponseSchema,
} from '@caisson/wire-e2b'
import { type CallScope, createCallScope } from './call-scope.ts'
import { type DaemonCalls, readBody } from './daemon-calls.ts'
import { toFileInfo } from './file-info.ts'
import { openWatch } from './file-watch.ts'
import { keepRunning } from './keep-running.ts'
import { limits } from './limits.ts'
import { mapProblem } from './map-error.ts'

export function createFiles(calls: DaemonCalls): Files {
  const { adapter } = calls

  function checked(path: string, field = 'path'): string {
    if (path !== '' && !path.includes('\0')) return path
    throw new SandboxError('invalid-argument', adapter, path === '' ? 'the path is empty' : 'the path has a NUL', {
      field,
    })
  }

  async function stat(path: string, options: FileOptions = {}): Promise<FileInfo> {
    const message = { path: checked(path) }
    const { entry } = await calls.unary(procedures.stat, message, entryResponseSchema, { ...options, subject: 'path' })
    return toFileInfo(entry)
  }

  return {
    stat,
    read: async (path, { user, ...options } = {}) => {
      const scope = createCallScope(adapter, options, limits.callMs)
      try {
        const call = { method: 'GET', path: `/files?${query({ path: checked(path) })}` } as const
        const response = await calls.http(call, { user, subject: 'path' }, scope)
        scope.limit(undefined)
        return toByteStream(calls, response, scope)
      } catch (error) {
        scope[Symbol.dispose]()
        throw error
      }
    },
    write: async (path, data, { user, mode, ...options } = {}) => {
      using scope = createCallScope(adapter, options)
      const response = await calls.http(
        {
          method: 'POST',
          path: `/files?${query({ path: checked(path), mode: mode?.toString(8) })}`,
          headers: {
            'content-type': 'application/octet-stream',
            ...(data instanceof Uint8Array ? { 'content-length': String(data.byteLength) } : {}),
          },
          send: async (request) => await sendBody(request, data, scope),
        },
        { user, subject: 'path' },
        scope,
      )
      const written = filesWrittenSchema.safeParse(
        decodeJson(await readBody(response).catch((error: unknown) => Promise.reject(mapProblem(error, adapter)))),
      )
      const file = written.data?.[0]
      if (file === undefined) throw new SandboxError('protocol', adapter, 'the daemon does not say what it wrote')
      return await stat(path, { user, ...options })
    },
    list: async (path, { depth = 1, ...options } = {}) => {
      const message = { path: checked(path), depth }
      const { entries } = await calls.unary(procedures.listDir, message, listDirResponseSchema, {
        ...options,
        subject: 'path',
      })
      return entries.map(toFileInfo)
    },
    makeDirectory: async (path, options = {}) => {
      try {
        const message = { path: checked(path) }
        await calls.unary(procedures.makeDir, message, entryResponseSchema, { ...options, subject: 'path' })
        return 'created'
      } catch (error) {
        if (isSandboxError(error) && error.code === 'conflict') return 'exists'
        throw error
      }
    },
    move: async (from, to, options = {}) => {
      const message = { source: checked(from, 'from'), destination: checked(to, 'to') }
      const { entry } = await calls.unary(procedures.move, message, entryResponseSchema, {
        ...options,
        subject: 'path',
      })
      return toFileInfo(entry)
    },
    remove: async (path, options = {}) => {
      const message = { path: checked(path) }
      const answer = await calls.unary(procedures.remove, message, removeResponseSchema, {
        ...options,
        subject: 'path',
      })
      return answer.caisson?.removed === false ? 'absent' : 'removed'
    },
    watch: async (path, { recursive = false, ...options } = {}) =>
      await openWatch(calls, { path: checked(path), recursive }, options),
  }
}

function query(fields: Readonly<Record<string, string | undefined>>): string {
  const present = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
  return new URLSearchParams(present).toString()
}

async function firstOf(request: ClientRequest, events: readonly string[]): Promise<void> {
  const stopListening = new AbortController()
  const { signal } = stopListening
  try {
    await Promise.race(events.map(async (event) => await once(request, event, { signal })))
  } finally {
    stopListening.abort()
  }
}

/** The daemon has `callMs` to take every piece and, when all is sent, to answer. How long the caller's own source takes is not limited. */
async function sendBody(
  request: ClientRequest,
  data: Uint8Array | ReadableStream<Uint8Array>,
  scope: CallScope,
): Promise<void> {
  if (data instanceof Uint8Array) {
    request.end(data)
  } else {
    let answered = false
    request.once('response', () => (answered = true))
    for await (const part of data) {
      // An answer before the last byte is a refusal; the rest would go nowhere.
      if (answered || request.destroyed) return
      if (request.write(part)) continue
      scope.limit(limits.callMs)
      await firstOf(request, ['drain', 'close', 'response'])
      scope.limit(undefined)
    }
    request.end()
  }
  scope.limit(limits.callMs)
}

/** The body as a stream that reads no further than asked. The scope lives as long as the stream. */
function toByteStream(calls: DaemonCalls, response: IncomingMessage, scope: CallScope): ReadableStream<Uint8Array> {
  const parts = (response as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          using _ = keepRunning()
          const { done, value } = await parts.next()
          if (done !== true) return controller.enqueue(value)
          scope[Symbol.dispose]()
          controller.close()
        } catch (error) {
          scope[Symbol.dispose]()
          throw await calls.explain(scope.signal.aborted ? scope.signal.reason : error)
        }
      },
      cancel: () => {
        scope[Symbol.dispose]()
        response.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}
