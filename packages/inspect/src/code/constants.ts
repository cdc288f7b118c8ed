/** Bytes stand as a text of one character each. */
export interface Bytes {
  readonly bytes: string
}

/** What a program computes from nothing but what stands in it. */
export type Constant = number | string | Bytes | readonly Constant[]

/** More items than that no name is hidden in. */
export const maxItems = 4096
const maxText = 65_536

export function isBytes(value: Constant): value is Bytes {
  return typeof value === 'object' && 'bytes' in value
}

export function textOf(value: Constant): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return isBytes(value) ? value.bytes : undefined
}

/** What a loop over it sees. */
export function itemsOf(value: Constant | undefined): readonly Constant[] | undefined {
  if (value === undefined || typeof value === 'number') return undefined
  if (typeof value === 'string') return Array.from(value.slice(0, maxItems))
  return isBytes(value) ? Array.from(value.bytes.slice(0, maxItems), (byte) => byte.charCodeAt(0)) : value
}

/** As Python and JavaScript reckon alike: texts and lists are joined by `+`, and repeated by `*`. */
export function arithmetic(operator: string, left: Constant, right: Constant): Constant | undefined {
  if (typeof left === 'number' && typeof right === 'number') return ofNumbers(operator, left, right)
  if (operator === '*' && typeof right === 'number' && typeof left !== 'number') return repeated(left, right)
  if (operator !== '+') return undefined
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right].slice(0, maxItems)
  const [first, second] = [textOf(left), textOf(right)]
  if (first === undefined || second === undefined || first.length + second.length > maxText) return undefined
  return isBytes(left) && isBytes(right) ? { bytes: first + second } : first + second
}

function repeated(value: Exclude<Constant, number>, times: number): Constant | undefined {
  const content = textOf(value)
  if (content === undefined || times < 0 || content.length * times > maxText) return undefined
  const whole = content.repeat(Math.trunc(times))
  return typeof value === 'string' ? whole : { bytes: whole }
}

function ofNumbers(operator: string, left: number, right: number): number | undefined {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return left / right
    case '//':
      return Math.floor(left / right)
    case '%':
      return right === 0 ? undefined : ((left % right) + right) % right
    case '^':
      return left ^ right
    case '&':
      return left & right
    case '|':
      return left | right
    case '<<':
      return left << right
    case '>>':
      return left >> right
    default:
      return undefined
  }
}

interface Bounds {
  readonly from: number | undefined
  readonly to: number | undefined
  readonly step: number | undefined
}

/** `value[from:to:step]` */
export function sliceOf(value: Constant, { from, to, step = 1 }: Bounds): Constant | undefined {
  const items = itemsOf(value)
  if (items === undefined || step === 0 || !Number.isInteger(step)) return undefined
  const part = step > 0 ? items.slice(from ?? 0, to) : backwards(items, from, to)
  const chosen = part.filter((_, index) => index % Math.abs(step) === 0)
  if (typeof value === 'string') return chosen.map((letter) => textOf(letter) ?? '').join('')
  if (typeof value === 'number' || !isBytes(value)) return chosen
  return { bytes: chosen.map((code) => String.fromCharCode(Number(code))).join('') }
}

function backwards(items: readonly Constant[], from: number | undefined, to: number | undefined): readonly Constant[] {
  const place = (index: number) => (index < 0 ? items.length + index : index)
  const first = from === undefined ? items.length - 1 : Math.min(place(from), items.length - 1)
  const last = to === undefined ? -1 : place(to)
  return items.slice(last + 1, first + 1).toReversed()
}

export function rot13(content: string): string {
  return content.replaceAll(/[a-z]/gi, (letter) => {
    const first = letter <= 'Z' ? 65 : 97
    return String.fromCharCode(((letter.charCodeAt(0) - first + 13) % 26) + first)
  })
}
