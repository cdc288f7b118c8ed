import { inflateRawSync, inflateSync } from 'node:zlib'
import { type Bytes, type Constant, isBytes, itemsOf, maxItems, rot13, textOf } from './constants.ts'
import { fromBase64, fromHex } from './values.ts'

export function plainFunction(name: string, values: readonly Constant[]): Constant | undefined {
  const [first, second, third] = values
  if (first === undefined) return undefined
  const items = () => itemsOf(first)
  switch (name.replace(/^builtins\./, '')) {
    case 'chr':
      return typeof first === 'number' && first >= 0 && first < 0x11_00_00 ? String.fromCodePoint(first) : undefined
    case 'ord':
      return textOf(first)?.codePointAt(0)
    case 'len':
      return items()?.length
    case 'str':
      return textOf(first)
    case 'int':
      return typeof first === 'number' ? first : integerIn(textOf(first), second)
    case 'list':
    case 'tuple':
      return items()
    case 'reversed':
      return items()?.toReversed()
    case 'enumerate':
      return items()?.map((item, index) => [index, item])
    case 'zip': {
      const others = itemsOf(second)
      return others === undefined
        ? undefined
        : items()?.flatMap((item, index) => {
            const other = others[index]
            return other === undefined ? [] : [[item, other]]
          })
    }
    case 'range':
      return rangeOf(first, second, third)
    case 'bytes':
    case 'bytearray':
      return isBytes(first) ? first : bytesOf(first)
    case 'bytes.fromhex':
    case 'bytearray.fromhex':
    case 'binascii.unhexlify':
    case 'binascii.a2b_hex':
      return binary(textOf(first), fromHex)
    case 'base64.b64decode':
    case 'base64.standard_b64decode':
    case 'base64.urlsafe_b64decode':
    case 'binascii.a2b_base64':
      return binary(textOf(first), fromBase64)
    case 'base64.b16decode':
      return binary(textOf(first), fromHex)
    case 'base64.b32decode':
      return binary(textOf(first), fromBase32)
    case 'zlib.decompress':
      return inflated(first)
    // Two texts, letter by letter.
    case 'str.maketrans':
      return second === undefined ? undefined : [first, second]
    case 'codecs.decode':
      return decoded(first, textOf(second ?? '') ?? '')
    default:
      return undefined
  }
}

export function methodOf(object: Constant, method: string, values: readonly Constant[]): Constant | undefined {
  const [first, second] = values
  if (typeof object === 'number') {
    return method === 'to_bytes' && typeof first === 'number'
      ? bytesOfNumber(object, first, textOf(second ?? 'big') ?? '')
      : undefined
  }
  const content = textOf(object)
  if (content === undefined) return undefined
  const same = (changed: string): Constant => (isBytes(object) ? { bytes: changed } : changed)
  const from = first === undefined ? undefined : textOf(first)
  switch (method) {
    case 'decode':
      return from !== undefined && /^rot_?13$/i.test(from) ? rot13(content) : content
    case 'encode':
      return { bytes: content }
    case 'hex':
      return Buffer.from(content, 'latin1').toString('hex')
    case 'upper':
      return same(content.toUpperCase())
    case 'lower':
    case 'casefold':
      return same(content.toLowerCase())
    case 'swapcase':
      return Array.from(content, (letter) =>
        letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
      ).join('')
    case 'strip':
      return same(content.trim())
    case 'split': {
      const pieces = from === undefined ? content.trim().split(/\s+/) : content.split(from)
      return pieces.slice(0, maxItems).map(same)
    }
    case 'replace': {
      const to = second === undefined ? undefined : textOf(second)
      return from === undefined || to === undefined ? undefined : same(content.replaceAll(from, () => to))
    }
    case 'join': {
      const pieces = itemsOf(first)?.map(textOf)
      return pieces?.every((piece) => piece !== undefined) === true ? same(pieces.join(content)) : undefined
    }
    case 'translate': {
      const [letters = '', others = ''] = itemsOf(first)?.map((item) => textOf(item) ?? '') ?? []
      return same(
        Array.from(content, (letter) => {
          const index = letters.indexOf(letter)
          return index === -1 ? letter : (others[index] ?? letter)
        }).join(''),
      )
    }
    case 'removeprefix':
      return from !== undefined && content.startsWith(from) ? same(content.slice(from.length)) : object
    default:
      return undefined
  }
}

function rangeOf(
  first: Constant,
  second: Constant | undefined,
  third: Constant | undefined,
): readonly number[] | undefined {
  if (typeof first !== 'number') return undefined
  const [from, to] = typeof second === 'number' ? [first, second] : [0, first]
  const step = typeof third === 'number' && third !== 0 ? third : 1
  const count = Math.ceil((to - from) / step)
  return count > maxItems ? undefined : Array.from({ length: Math.max(0, count) }, (_, index) => from + index * step)
}

function bytesOf(value: Constant): Bytes | undefined {
  if (typeof value === 'string') return { bytes: value }
  const codes = Array.isArray(value) ? value : []
  const isWhole = codes.every((code): code is number => typeof code === 'number' && code >= 0 && code < 256)
  return isWhole && Array.isArray(value) ? { bytes: String.fromCharCode(...codes) } : undefined
}

function bytesOfNumber(number: number, length: number, order: string): Bytes | undefined {
  if (number < 0 || length > 64) return undefined
  const hex = number.toString(16).padStart(length * 2, '0')
  const big = fromHex(hex)
  return { bytes: order === 'little' ? Array.from(big).toReversed().join('') : big }
}

function integerIn(content: string | undefined, base: Constant | undefined): number | undefined {
  const number = Number.parseInt(content ?? '', typeof base === 'number' ? base : 10)
  return Number.isSafeInteger(number) ? number : undefined
}

function binary(content: string | undefined, decode: (content: string) => string): Bytes | undefined {
  return content === undefined ? undefined : { bytes: decode(content) }
}

function decoded(value: Constant, codec: string): Constant | undefined {
  const content = textOf(value)
  if (content === undefined) return undefined
  if (/^rot_?13$/i.test(codec)) return rot13(content)
  if (/^hex(?:_codec)?$/i.test(codec)) return { bytes: fromHex(content) }
  if (/^base64(?:_codec)?$/i.test(codec)) return { bytes: fromBase64(content) }
  return /^zlib(?:_codec)?$/i.test(codec) ? inflated(value) : content
}

const maxOutputLength = 64 * 1024

function inflated(value: Constant): Bytes | undefined {
  const compressed = Buffer.from(textOf(value) ?? '', 'latin1')
  for (const inflate of [inflateSync, inflateRawSync]) {
    try {
      return { bytes: inflate(compressed, { maxOutputLength }).toString('latin1') }
    } catch {
      // It is not of this kind, or it is too much.
    }
  }
  return undefined
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function fromBase32(content: string): string {
  let bits = ''
  for (const letter of content.replace(/=+$/, ''))
    bits += Math.max(0, base32.indexOf(letter.toUpperCase())).toString(2).padStart(5, '0')
  return (bits.match(/.{8}/g) ?? []).map((byte) => String.fromCharCode(Number.parseInt(byte, 2))).join('')
}
