import type { Terminal } from './terminal.ts'

/** What a file descriptor leads to. */
export interface Stream {
  /** Undefined at the end. */
  readonly read: (maxBytes: number) => Promise<Uint8Array | undefined>
  /** Throws `BrokenPipe` when nobody can read it any more. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  readonly close: () => void
  readonly terminal?: Terminal | undefined
}

/** An open file as the kernel knows it: shared by duplicates, closed with the last. */
export interface OpenFile {
  readonly stream: Stream
  references: number
}

/** Numbered descriptors. */
export type Descriptors = ReadonlyMap<number, OpenFile>

export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe'
}

export function openFile(stream: Stream): OpenFile {
  return { stream, references: 1 }
}

export function duplicate(file: OpenFile): OpenFile {
  file.references++
  return file
}

export function release(file: OpenFile): void {
  file.references--
  if (file.references === 0) file.stream.close()
}

const readsNothing = async (): Promise<undefined> => await Promise.resolve(undefined)

export function nullStream(): Stream {
  return { read: readsNothing, write: async () => await Promise.resolve(), close: () => undefined }
}

/** A stream that can only be written to. */
export function sinkStream(write: (bytes: Uint8Array) => void, close: () => void = () => undefined): Stream {
  return {
    read: readsNothing,
    write: async (bytes) => {
      write(bytes)
      await Promise.resolve()
    },
    close,
  }
}
