import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type ErrorListener, harmless } from './error-listener.ts'

export interface JsonLinesFile {
  /** Never waits. A line that finds no room is dropped. */
  readonly append: (line: Readonly<Record<string, unknown>>) => void
  /** Resolves when all lines so far are written or lost. */
  readonly flush: () => Promise<void>
  readonly close: () => Promise<void>
  /** Lines lost so far. */
  readonly dropped: () => number
}

interface Options {
  readonly maxQueuedBytes?: number | undefined
  readonly onError?: ErrorListener | undefined
}

/** Neither a link nor a pipe without a reader can lead it astray or make it wait. */
const appendOnly =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Writes lines in the background, in batches, through a queue of bounded size. A disk that fails costs lines and nothing else. */
export function jsonLinesFile(path: string, { maxQueuedBytes = 8 * 1024 * 1024, onError }: Options): JsonLinesFile {
  const report = harmless(onError)
  let queue: Buffer[] = []
  let queuedBytes = 0
  /** Lines lost since the file last said so. */
  let dropped = 0
  let droppedEver = 0
  let writing: Promise<void> | undefined
  let handle: FileHandle | undefined
  /** A failed write may have left half a line. */
  let torn = false

  const drop = (count: number, cause: unknown): void => {
    if (dropped === 0) report(cause)
    dropped += count
    droppedEver += count
  }

  const writeBatch = async (batch: readonly Buffer[]): Promise<void> => {
    const told = dropped
    const first = torn ? ['\n'] : []
    const notice = told > 0 ? [toLine({ line: 'dropped', count: told, atMs: Date.now() })] : []
    try {
      handle ??= await openOwn(path)
      await handle.appendFile(Buffer.concat([Buffer.from([...first, ...notice].join('')), ...batch]))
      torn = false
      dropped -= told
    } catch (error) {
      torn = true
      drop(batch.length, error)
      await handle?.close().catch(report)
      handle = undefined
    }
  }

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue
      queue = []
      queuedBytes = 0
      await writeBatch(batch)
    }
    writing = undefined
  }

  const flush = async (): Promise<void> => {
    await (writing ??= drain())
  }

  return {
    append: (line) => {
      const bytes = Buffer.from(toLine(line))
      if (queuedBytes + bytes.byteLength > maxQueuedBytes) {
        drop(1, new Error(`the queue of ${maxQueuedBytes} bytes is full; trace lines are being dropped`))
        return
      }
      queue.push(bytes)
      queuedBytes += bytes.byteLength
      void flush()
    },
    flush,
    dropped: () => droppedEver,
    close: async () => {
      await flush()
      await handle?.close()
      handle = undefined
    },
  }
}

function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`
}

async function openOwn(path: string): Promise<FileHandle> {
  const handle = await open(path, appendOnly, 0o600)
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new Error(`${path} is not a regular file`)
    if ((stat.mode & 0o077) !== 0) await handle.chmod(0o600)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}
