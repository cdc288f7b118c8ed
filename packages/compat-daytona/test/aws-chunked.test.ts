import { array, assert, asyncProperty, constantFrom, integer, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'
import { readAwsChunked } from '../src/storage/aws-chunked.ts'

const read = async (parts: readonly Uint8Array[]): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(readAwsChunked(ReadableStream.from(parts))))

const encode = (pieces: readonly Uint8Array[], trailer: string): Buffer =>
  Buffer.concat([
    ...pieces
      .filter(({ byteLength }) => byteLength > 0)
      .flatMap((piece) => [
        Buffer.from(`${piece.byteLength.toString(16)};chunk-signature=ab\r\n`),
        piece,
        Buffer.from('\r\n'),
      ]),
    Buffer.from(`0\r\n${trailer}\r\n`),
  ])

test('what was sent comes out, however the network cuts it', async () => {
  await assert(
    asyncProperty(
      array(uint8Array({ maxLength: 300 }), { maxLength: 6 }),
      constantFrom('', 'x-amz-checksum-crc32:AAAAAA==\r\n'),
      integer({ min: 1, max: 97 }),
      async (pieces, trailer, size) => {
        const sent = encode(pieces, trailer)
        const parts = Array.from({ length: Math.ceil(sent.byteLength / size) }, (_, at) =>
          sent.subarray(at * size, (at + 1) * size),
        )
        expect(await read(parts)).toEqual(Buffer.concat(pieces))
      },
    ),
  )
})

test.each(['', '5\r\nab', '5\r\nabcdeXX', 'zz\r\n', '5', 'a'.repeat(2000)])('%j is told to be broken', async (sent) => {
  await expect(read([Buffer.from(sent)])).rejects.toMatchObject({ status: 400 })
})
