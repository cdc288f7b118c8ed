import { writeSync } from 'node:fs'
import { errnoOf } from '../../errno.ts'

const commands = 3
const events = 4
const over = new TextEncoder().encode('{"event":"end"}\n')

/** The way of a kernel to the daemon, from the kernel's side. */
export interface KernelChannel {
  /** The lines that the daemon sends, to its end. */
  readonly lines: () => AsyncGenerator<unknown, void>
  /** Tells something that comes after all text written so far: a mark in both streams says how far that is. */
  readonly send: (event: object) => void
  /** Tells that a cell is over. No text of it can follow, so that nothing need be marked. */
  readonly end: () => void
  readonly write: (stream: 1 | 2, text: string | Uint8Array) => void
}

export function createKernelChannel(): KernelChannel & { readonly setNonce: (nonce: string) => void } {
  let mark = new Uint8Array()
  return {
    setNonce: (nonce) => (mark = new TextEncoder().encode(`\0\0${nonce}\0`)),
    lines: async function* lines() {
      const decoder = new TextDecoder()
      let rest = ''
      for await (const chunk of Bun.file(commands).stream()) {
        rest += decoder.decode(chunk, { stream: true })
        for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
          const line = rest.slice(0, end)
          rest = rest.slice(end + 1)
          yield JSON.parse(line)
        }
      }
    },
    send: (event) => {
      writeAll(1, mark)
      writeAll(2, mark)
      writeAll(events, new TextEncoder().encode(`${JSON.stringify(event)}\n`))
    },
    end: () => writeAll(events, over),
    write: (stream, text) => writeAll(stream, typeof text === 'string' ? new TextEncoder().encode(text) : text),
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let start = 0; start < bytes.byteLength;) {
    try {
      start += writeSync(descriptor, bytes, start)
    } catch (error) {
      // Something that shares the pipe has made it one that does not wait.
      if (errnoOf(error) !== 'EAGAIN') throw error
      Bun.sleepSync(1)
    }
  }
}
