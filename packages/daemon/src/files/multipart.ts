import { concatBytes, decodeText, encodeText } from '@caisson/core'
import { ConnectError } from '@caisson/wire-e2b'

/** One field of a form. Its body has to be read before the next part is asked for; what is left is skipped. */
export interface Part {
  readonly name: string | undefined
  readonly filename: string | undefined
  readonly body: AsyncIterable<Uint8Array>
}

const maxHeaderBytes = 16 * 1024

/** Reads `multipart/form-data` without ever holding more of a file than the last piece that came in. */
export async function* readMultipart(source: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Part> {
  const chunks = source[Symbol.asyncIterator]()
  const delimiter = encodeText(`\r\n--${boundary}`)
  // A form begins with the delimiter without its line break.
  let pending: Uint8Array = encodeText('\r\n')

  async function more(): Promise<void> {
    const { done, value } = await chunks.next()
    if (done === true) throw new ConnectError('invalid_argument', 'the form breaks off')
    pending = concatBytes([pending, value])
  }

  /** Yields what comes before the next delimiter and takes the delimiter off. */
  async function* untilDelimiter(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = indexOf(pending, delimiter)
      const safe = at === -1 ? pending.byteLength - delimiter.byteLength + 1 : at
      if (safe > 0) {
        const piece = pending.subarray(0, safe)
        pending = pending.subarray(safe)
        yield piece
      }
      if (at !== -1) {
        pending = pending.subarray(delimiter.byteLength)
        return
      }
      await more()
    }
  }

  async function readHeaders(): Promise<string | undefined> {
    while (pending.byteLength < 2) await more()
    if (decodeText(pending.subarray(0, 2)) === '--') return undefined
    const blankLine = encodeText('\r\n\r\n')
    for (;;) {
      const at = indexOf(pending, blankLine)
      if (at > maxHeaderBytes || (at === -1 && pending.byteLength > maxHeaderBytes))
        throw new ConnectError('invalid_argument', 'the headers of a form part are too long')
      if (at !== -1) {
        const headers = decodeText(pending.subarray(0, at))
        pending = pending.subarray(at + blankLine.byteLength)
        return headers
      }
      await more()
    }
  }

  for await (const _ of untilDelimiter());
  for (;;) {
    const headers = await readHeaders()
    if (headers === undefined) return
    const disposition = /^content-disposition:(.*)$/im.exec(headers)?.[1] ?? ''
    const body = untilDelimiter()
    yield { name: parameterOf(disposition, 'name'), filename: parameterOf(disposition, 'filename'), body }
    for await (const _ of body);
  }
}

function parameterOf(header: string, name: string): string | undefined {
  const quoted = new RegExp(`[;\\s]${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(header)?.[1]
  return quoted?.replaceAll(/%22/g, '"').replaceAll(/\\(["\\])/g, '$1')
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = bytes.indexOf(wanted[0] ?? 0); at !== -1; at = bytes.indexOf(wanted[0] ?? 0, at + 1))
    if (at + wanted.byteLength <= bytes.byteLength && wanted.every((byte, index) => bytes[at + index] === byte))
      return at
  return -1
}
