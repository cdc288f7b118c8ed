import { concatBytes, decodeText, encodeText } from '@caisson/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMultipart } from '../src/files/multipart.ts'

const boundary = '----form-Boundary.1'

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.byteLength; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

function form(parts: ReadonlyArray<{ readonly headers: string; readonly body: Uint8Array }>): Uint8Array {
  return concatBytes([
    ...parts.flatMap(({ headers, body }) => [
      encodeText(`--${boundary}\r\n${headers}\r\n\r\n`),
      body,
      encodeText('\r\n'),
    ]),
    encodeText(`--${boundary}--\r\n`),
  ])
}

async function readForm(
  bytes: Uint8Array,
  sizes: readonly number[],
): Promise<Array<{ name?: string; filename?: string; body: Uint8Array }>> {
  const parts = []
  for await (const { name, filename, body } of readMultipart(inPieces(bytes, sizes), boundary)) {
    const pieces: Uint8Array[] = []
    for await (const piece of body) pieces.push(piece.slice())
    parts.push({
      ...(name === undefined ? {} : { name }),
      ...(filename === undefined ? {} : { filename }),
      body: concatBytes(pieces),
    })
  }
  return parts
}

const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 10 })

describe('a form', () => {
  it('gives every file byte for byte, however it is split', async () => {
    const bodies = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 400 }),
        fc.string().map(encodeText),
        fc.constant(encodeText(`\r\n--${boundary.slice(0, -1)}`)),
      ),
      { maxLength: 5 },
    )
    await fc.assert(
      fc.asyncProperty(bodies, sizes, async (files, pieces) => {
        const parts = files.map((body, index) => ({
          headers: `Content-Disposition: form-data; name="file"; filename="/tmp/${index}"\r\nContent-Type: x/y`,
          body,
        }))
        const read = await readForm(form(parts), pieces)
        expect(read.map(({ filename }) => filename)).toEqual(files.map((_, index) => `/tmp/${index}`))
        expect(read.map(({ body }) => Array.from(body))).toEqual(files.map((body) => Array.from(body)))
      }),
    )
  })

  it('never throws anything but its own error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), sizes, async (bytes, pieces) => {
        await readForm(concatBytes([encodeText(`--${boundary}\r\n`), bytes]), pieces).catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'ConnectError', code: 'invalid_argument' })
        })
      }),
    )
  })

  it('may have parts that nobody reads', async () => {
    const part = (name: string) => ({
      headers: `content-disposition: form-data; name="${name}"`,
      body: encodeText(name),
    })
    const names = []
    for await (const { name, body } of readMultipart(
      inPieces(form([part('a'), part('b'), part('c')]), [7]),
      boundary,
    )) {
      names.push(name)
      if (name === 'b') for await (const piece of body) expect('b').toContain(decodeText(piece))
    }
    expect(names).toEqual(['a', 'b', 'c'])
  })

  it('with quotes in a name keeps them', async () => {
    const headers = 'Content-Disposition: form-data; name="file"; filename="a%22b\\"c"'
    expect(await readForm(form([{ headers, body: new Uint8Array() }]), [50])).toMatchObject([{ filename: 'a"b"c' }])
  })

  it('that breaks off, or never ends its headers, is refused', async () => {
    const whole = form([{ headers: 'a: b', body: encodeText('body') }])
    await expect(readForm(whole.subarray(0, -10), [10])).rejects.toThrow(/breaks off/)
    const endless = encodeText(`--${boundary}\r\n${'x'.repeat(20_000)}`)
    await expect(readForm(endless, [1000])).rejects.toThrow(/too long/)
  })
})
