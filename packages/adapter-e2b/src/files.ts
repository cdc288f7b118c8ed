import {
  type CallOptions,
  type FileInfo,
  type FileOptions,
  type Files,
  isSandboxError,
  SandboxError,
  shellQuote,
} from '@caisson/core'
import { type PathUse, explainPath } from './explain-path.ts'
import { toFileInfo } from './file-info.ts'
import type { Link } from './link.ts'
import type { Machine } from './cloud.ts'
import { openWatch } from './watch.ts'

/** A file that is being streamed may stay silent for this long. */
const idleMs = 60_000

/** Files through E2B's own calls. What those do not say, such as why an argument is invalid, is asked of the sandbox afterwards. */
export function createFiles(link: Link): Files {
  async function call<Value>(
    use: PathUse,
    path: string,
    options: FileOptions | undefined,
    request: (machine: Machine, signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    checkPath(link.adapter, path)
    checkUser(link.adapter, options)
    try {
      return await link.call('path', options, request)
    } catch (error) {
      throw await explainPath(link, error, use, path)
    }
  }

  const stat = async (path: string, options?: FileOptions): Promise<FileInfo> => {
    return toFileInfo(
      await call('stat', path, options, async ({ files }, signal) => await files.getInfo(path, { signal })),
    )
  }

  return {
    stat,
    read: async (path, options) => {
      return await call('read', path, options, async ({ files }, signal) => {
        // The caller's time is for the answer: a file is read for as long as it comes.
        const began = new AbortController()
        const giveUp = (): void => began.abort(signal.reason)
        signal.addEventListener('abort', giveUp, { once: true })
        try {
          const wanted = { format: 'stream', signal: began.signal, streamIdleTimeoutMs: idleMs } as const
          return readable(link, await files.read(path, wanted))
        } finally {
          signal.removeEventListener('abort', giveUp)
        }
      })
    },
    write: async (path, data, { mode, ...options } = {}) => {
      checkPath(link.adapter, path)
      const reader = data instanceof Uint8Array ? undefined : data.getReader()
      try {
        const written = await call('write', path, options, async ({ files }, signal) => {
          const content = data instanceof Uint8Array ? new Blob([new Uint8Array(data)]) : passOn(reader)
          return await files.write(path, content, { signal, useOctetStream: true })
        })
        if (mode !== undefined) await changeMode(link, written.path, mode, options)
        return await stat(written.path, options)
      } catch (error) {
        // The SDK's HTTP client keeps a stream that it was given.
        await reader?.cancel(error).catch(() => undefined)
        throw error
      }
    },
    list: async (path, { depth = 1, ...options } = {}) => {
      const entries = await call(
        'list',
        path,
        options,
        async ({ files }, signal) => await files.list(path, { depth, signal }),
      )
      return entries.map(toFileInfo)
    },
    makeDirectory: async (path, options) => {
      const isNew = await call(
        'make-directory',
        path,
        options,
        async ({ files }, signal) => await files.makeDir(path, { signal }),
      )
      return isNew ? 'created' : 'exists'
    },
    move: async (from, to, options) => {
      checkPath(link.adapter, to)
      return toFileInfo(
        await call('stat', from, options, async ({ files }, signal) => await files.rename(from, to, { signal })),
      )
    },
    remove: async (path, options) => {
      try {
        await stat(path, options)
      } catch (error) {
        if (isSandboxError(error) && (error.code === 'path-not-found' || error.code === 'not-a-directory'))
          return 'absent'
        throw error
      }
      await call('stat', path, options, async ({ files }, signal) => await files.remove(path, { signal }))
      return 'removed'
    },
    watch: async (path, options) =>
      await call('list', path, options, async (machine, signal) => {
        return await openWatch(link, machine, path, { signal, recursive: options?.recursive ?? false })
      }),
  }
}

function passOn(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      pull: async (controller) => {
        const { done, value } = (await reader?.read()) ?? { done: true }
        if (done || value === undefined) controller.close()
        else controller.enqueue(value)
      },
      cancel: async (reason) => await reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** A stream of the SDK whose failure is told in our words. */
function readable(link: Link, stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read()
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          const lost = new SandboxError('unavailable', link.adapter, 'the file broke off', { cause: error })
          throw await link.explain(lost, 'path')
        }
      },
      cancel: async (reason) => await reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

async function changeMode(link: Link, path: string, mode: number, options: CallOptions): Promise<void> {
  const command = `chmod ${(mode & 0o7777).toString(8)} -- ${shellQuote(path)}`
  await link.call('path', options, async ({ commands }, signal) => await commands.run(command, { signal }))
}

function checkPath(adapter: string, path: string): void {
  if (path !== '' && !path.includes('\0')) return
  throw new SandboxError('invalid-argument', adapter, 'a path is not empty and has no NUL', { field: 'path' })
}

function checkUser(adapter: string, options: FileOptions | undefined): void {
  if (options?.user === undefined) return
  throw new SandboxError('unsupported', adapter, "files belong to the template's user", {
    field: 'user',
    remedy: 'leave the user out; in templates of E2B that user may use sudo',
  })
}
