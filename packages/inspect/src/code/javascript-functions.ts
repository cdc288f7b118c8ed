import { arithmetic, type Constant, isBytes, itemsOf, maxItems, textOf } from './constants.ts'
import { fromBase64, fromHex, numberOf } from './values.ts'

export function plainFunction(name: string, values: readonly Constant[]): Constant | undefined {
  const [first, second] = values
  if (first === undefined) return undefined
  switch (name.replace(/^(?:global|buffer)\./, '')) {
    case 'String.fromCharCode':
    case 'String.fromCodePoint':
      return charactersOf(values)
    case 'parseInt':
    case 'Number.parseInt': {
      const number = Number.parseInt(textOf(first) ?? '', typeof second === 'number' ? second : 10)
      return Number.isNaN(number) ? undefined : number
    }
    case 'Number':
      return numberOf(textOf(first) ?? 'x')
    case 'String':
      return textOf(first)
    case 'Array.from':
      return itemsOf(first)
    case 'Array.of':
      return values
    case 'atob':
      return fromBase64(textOf(first) ?? '')
    case 'Buffer.from':
      return bufferOf(first, second === undefined ? 'utf8' : (textOf(second) ?? ''))
    default:
      return undefined
  }
}

function charactersOf(values: readonly Constant[]): string | undefined {
  const isWhole = values.every((code): code is number => typeof code === 'number' && code >= 0 && code < 0x1_00_00)
  return isWhole ? String.fromCharCode(...values) : undefined
}

function bufferOf(value: Constant, encoding: string): Constant | undefined {
  const content = textOf(value)
  if (content === undefined) {
    const characters = charactersOf(itemsOf(value) ?? [])
    return characters === undefined ? undefined : { bytes: characters }
  }
  if (encoding === 'hex') return { bytes: fromHex(content) }
  return { bytes: encoding.startsWith('base64') ? fromBase64(content) : content }
}

export function methodOf(object: Constant, method: string, values: readonly Constant[]): Constant | undefined {
  const [first, second] = values
  if (Array.isArray(object)) return methodOfArray(object, method, values)
  const content = textOf(object)
  if (content === undefined) return undefined
  const from = first === undefined ? undefined : textOf(first)
  switch (method) {
    case 'toString':
      if (typeof object === 'number')
        return typeof first === 'number' && first > 1 && first < 37 ? object.toString(first) : content
      return isBytes(object) && from === 'hex' ? Buffer.from(content, 'latin1').toString('hex') : content
    case 'charCodeAt':
    case 'codePointAt':
      return typeof first === 'number' ? content.codePointAt(first) : content.codePointAt(0)
    case 'charAt':
    case 'at':
      return typeof first === 'number' ? content.at(first) : undefined
    case 'split':
      return from === undefined ? undefined : content.split(from).slice(0, maxItems)
    case 'slice':
    case 'substring':
    case 'substr':
      return typeof first === 'number'
        ? part(content, method, first, typeof second === 'number' ? second : undefined)
        : undefined
    case 'repeat':
      return typeof first === 'number' ? arithmetic('*', content, first) : undefined
    case 'toUpperCase':
      return content.toUpperCase()
    case 'toLowerCase':
      return content.toLowerCase()
    case 'concat':
      return content + values.map((value) => textOf(value) ?? '').join('')
    case 'replace':
    case 'replaceAll': {
      const to = second === undefined ? undefined : textOf(second)
      return from === undefined || to === undefined ? undefined : content.replaceAll(from, () => to)
    }
    default:
      return undefined
  }
}

function part(content: string, method: string, from: number, to: number | undefined): string {
  if (method === 'substring') return content.substring(from, to)
  return content.slice(from, method === 'substr' && to !== undefined ? from + to : to)
}

function methodOfArray(items: readonly Constant[], method: string, values: readonly Constant[]): Constant | undefined {
  const [first, second] = values
  switch (method) {
    case 'join': {
      const pieces = items.map(textOf)
      const separator = first === undefined ? ',' : textOf(first)
      return pieces.every((piece) => piece !== undefined) && separator !== undefined
        ? pieces.join(separator)
        : undefined
    }
    case 'reverse':
    case 'toReversed':
      return items.toReversed()
    case 'slice':
      return items.slice(typeof first === 'number' ? first : 0, typeof second === 'number' ? second : undefined)
    case 'concat':
      return [...items, ...values.flatMap((value) => (Array.isArray(value) ? value : [value]))].slice(0, maxItems)
    case 'at':
      return typeof first === 'number' ? items.at(first) : undefined
    default:
      return undefined
  }
}
