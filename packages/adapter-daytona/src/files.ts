import { Readable } from 'node:stream'
import { type CallOptions, type FileInfo, type FileOptions, type Files, freshId, SandboxError } from '@caisson/core'
import { askFiles, parseInfo } from './ask-files.ts'
import type { Link } from './link.ts'

const usualMode = 0o644
const transferSeconds = 30 * 60

/**
 * Content goes through Daytona's own calls, by way of a link with a plain name: a form does not carry every name unharmed. Everything else is asked of the
 * sandbox.
 */
export function createFiles(link: Link): Files {
  const { adapter } = link

  const one = async (words: Parameters<typeof askFiles>[1], options?: FileOptions): Promise<FileInfo> => {
    check(adapter, words[1], options)
    return parseInfo(adapter, (await askFiles(link, words, options))[0])
  }

  const forget = async (alias: string): Promise<void> => {
    // The sandbox may have ended meanwhile, and its links with it.
    await askFiles(link, ['forget', alias], undefined).catch(() => undefined)
  }

  return {
    stat: async (path, options) => await one(['stat', path], options),
    list: async (path, { depth = 1, ...options } = {}) => {
      check(adapter, path, options)
      const lines = await askFiles(link, ['list', path, String(depth)], options)
      return lines.map((line) => parseInfo(adapter, line)).toSorted((left, right) => order(left.path, right.path))
    },
    makeDirectory: async (path, options) => {
      check(adapter, path, options)
      return (await askFiles(link, ['make', path], options))[0] === 'created' ? 'created' : 'exists'
    },
    move: async (from, to, options) => {
      check(adapter, to, options)
      return await one(['move', from, to], options)
    },
    remove: async (path, options) => {
      check(adapter, path, options)
      return (await askFiles(link, ['remove', path], options))[0] === 'removed' ? 'removed' : 'absent'
    },
    read: async (path, options) => {
      check(adapter, path, options)
      const alias = aliasPath()
      const [size] = await askFiles(link, ['open', path, alias], options)
      try {
        return await download(link, { alias, sizeBytes: Number(size), forget }, options)
      } catch (error) {
        await forget(alias)
        throw error
      }
    },
    write: async (path, data, { mode = usualMode, ...options } = {}) => {
      check(adapter, path, options)
      const alias = aliasPath()
      try {
        await askFiles(link, ['create', path, alias], options)
        await link.call('path', options, async ({ fs }, signal) => {
          const source = data instanceof Uint8Array ? Readable.from([Buffer.from(data)]) : Readable.fromWeb(data)
          // What is given up is destroyed by the SDK, and that is told by its promise.
          source.on('error', () => undefined)
          await fs.uploadFileStream(source, alias, { timeout: transferSeconds, signal })
        })
        return await one(['close', path, alias, (mode & 0o7777).toString(8)], options)
      } catch (error) {
        if (!(data instanceof Uint8Array)) await data.cancel(error).catch(() => undefined)
        await forget(alias)
        throw error
      }
    },
    watch: async () => {
      await Promise.resolve()
      throw new SandboxError('unsupported', adapter, 'Daytona tells nothing of changes to files')
    },
  }
}

async function download(
  link: Link,
  {
    alias,
    sizeBytes,
    forget,
  }: { readonly alias: string; readonly sizeBytes: number; readonly forget: (alias: string) => Promise<void> },
  options: CallOptions | undefined,
): Promise<ReadableStream<Uint8Array>> {
  const leaving = new AbortController()
  const stream = await link.call('path', options, async ({ fs }, signal) => {
    // The caller's time is for the answer: a file is read for as long as it comes.
    const giveUp = (): void => leaving.abort(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await fs.downloadFileStream(alias, { timeout: transferSeconds, signal: leaving.signal })
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  })
  const pieces = Readable.from(stream)[Symbol.asyncIterator]()
  let received = 0
  const lost = async (cause: unknown): Promise<unknown> =>
    await link.explain(new SandboxError('unavailable', link.adapter, 'the file broke off', { cause }))
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await pieces.next()
          if (done !== true && value instanceof Uint8Array) {
            received += value.byteLength
            controller.enqueue(new Uint8Array(value))
            return
          }
        } catch (error) {
          throw await lost(error)
        }
        await forget(alias)
        // The SDK takes a connection that broke off for the end of the file.
        if (received < sizeBytes) throw await lost(undefined)
        controller.close()
      },
      cancel: async () => {
        leaving.abort()
        stream.on('error', () => undefined)
        await forget(alias)
      },
    },
    { highWaterMark: 0 },
  )
}

function aliasPath(): string {
  return `/tmp/.caisson-${freshId()}`
}

function order(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}

function check(adapter: string, path: string, options: FileOptions | undefined): void {
  if (path === '' || path.includes('\0'))
    throw new SandboxError('invalid-argument', adapter, 'a path is not empty and has no NUL', { field: 'path' })
  if (options?.user !== undefined)
    throw new SandboxError('unsupported', adapter, "files belong to the image's user", { field: 'user' })
}
