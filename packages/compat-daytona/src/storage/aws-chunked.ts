import { DaytonaError } from '../daytona-error.ts'

const longestHead = 1024

/**
 * The content of a body in `aws-chunked`: pieces with their length in hexadecimal before them, a last one of length 0, and trailers, which are not read.
 * A body that breaks off is 400.
 */
export async function* readAwsChunked(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0)
  let left = 0
  let state: 'head' | 'content' | 'break' | 'over' = 'head'
  for await (const part of body) {
    rest = rest.byteLength === 0 ? Buffer.from(part) : Buffer.concat([rest, part])
    for (let goesOn = true; goesOn;) {
      switch (state) {
        case 'head': {
          const end = rest.indexOf('\r\n')
          if (end === -1) {
            if (rest.byteLength > longestHead) throw broken()
            goesOn = false
            break
          }
          const length = /^[0-9a-f]{1,10}(?=;|$)/i.exec(rest.subarray(0, end).toString('latin1'))?.[0]
          if (length === undefined) throw broken()
          left = Number.parseInt(length, 16)
          rest = rest.subarray(end + 2)
          state = left === 0 ? 'over' : 'content'
          break
        }
        case 'content': {
          const piece = rest.subarray(0, left)
          rest = rest.subarray(piece.byteLength)
          left -= piece.byteLength
          if (piece.byteLength > 0) yield Uint8Array.from(piece)
          if (left === 0) state = 'break'
          else goesOn = false
          break
        }
        case 'break':
          if (rest.byteLength < 2) goesOn = false
          else if (rest.subarray(0, 2).toString('latin1') === '\r\n') {
            rest = rest.subarray(2)
            state = 'head'
          } else throw broken()
          break
        case 'over':
          rest = Buffer.alloc(0)
          goesOn = false
          break
      }
    }
  }
  if (state !== 'over') throw broken()
}

function broken(): DaytonaError {
  return new DaytonaError(400, 'the upload broke off, or is not aws-chunked')
}
