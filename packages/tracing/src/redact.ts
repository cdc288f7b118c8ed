import { secretShapes } from '@caisson/core'
import { personalShapes } from './personal-shapes.ts'
import { secretForms } from './secret-forms.ts'

export interface RedactionOptions {
  /** Values that must not appear, in any common encoding. A function is asked each time, so that secrets may come and go. */
  readonly secrets?: readonly string[] | (() => readonly string[]) | undefined
  /** Names whose values are never shown, beside those that are known to hold secrets. Compared without regard to case. */
  readonly keys?: readonly string[] | undefined
  /** What else must not appear. They meet hostile input: keep them linear. */
  readonly patterns?: readonly RegExp[] | undefined
  /** Whether e-mail addresses and card numbers go as well. Default: they do. */
  readonly personal?: boolean | undefined
  /** Longer texts are cut. Default: 32,768 characters. */
  readonly maxTextLength?: number | undefined
}

/** A copy of a value, as plain data of bounded size, without what must not be seen. Never changes its argument. */
export type Redactor = (value: unknown) => unknown

const redacted = '[redacted]'
const secretNames =
  /passw(?:or)?d|passphrase|secret|token|api.?key|authorization|cookie|credential|private.?key|access.?key/i
const environmentNames = /^env(?:ironment)?$/i
const assignments =
  /(?<=(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key)["']?\s{0,4}[:=]\s{0,4}["']?)(?!\[redacted)[^\s"',;&]{6,512}/gi

/** The content of a file in place of a name of one. Some backends would upload it as media. */
const dataAddress = /^data:([\w.+/-]{0,100})[^,]{0,100};base64,/i

const maxDepth = 12
const maxMembers = 500
const maxNodes = 20_000
/** Read beyond the cut, so that a secret which lies across it is still seen whole. */
const overlap = 8192

/** Redacts one value. For many with the same options, make a redactor. */
export function redact(value: unknown, options: RedactionOptions = {}): unknown {
  return createRedactor(options)(value)
}

export function createRedactor(options: RedactionOptions = {}): Redactor {
  const ownNames = new Set(options.keys?.map((key) => key.toLowerCase()))
  const isSecretName = (name: string) => secretNames.test(name) || ownNames.has(name.toLowerCase())
  const findKnown = knownSecretFinder(options.secrets)
  const { maxTextLength = 32_768, personal = true } = options
  const patterns = (options.patterns ?? []).map(({ source, flags }) => new RegExp(source, flags.replace(/g?$/, 'g')))

  return (value) => {
    const known = findKnown()
    const seen = new Set<object>()
    let nodes = 0

    const text = (input: string): string => {
      const address = dataAddress.exec(input)
      if (address !== null) return `[${input.length} characters of ${address[1] ?? 'data'}]`
      let output = input.slice(0, maxTextLength + overlap)
      if (known !== undefined) output = output.replace(known, redacted)
      for (const { name, pattern } of secretShapes) output = output.replace(pattern, `[redacted ${name}]`)
      output = output.replace(assignments, redacted)
      for (const pattern of patterns) output = output.replace(pattern, redacted)
      if (personal) output = withoutPersonal(output)
      const lost = output.length - maxTextLength + Math.max(0, input.length - maxTextLength - overlap)
      return lost > 0 ? `${output.slice(0, maxTextLength)} [${lost} characters left out]` : output
    }

    const copy = (input: unknown, depth: number): unknown => {
      if (++nodes > maxNodes) return '[too much]'
      switch (typeof input) {
        case 'string':
          return text(input)
        case 'number':
          return text(String(input)) === String(input) ? input : redacted
        case 'bigint':
          return text(String(input))
        case 'object':
          return input === null ? null : copyObject(input, depth)
        case 'boolean':
        case 'undefined':
          return input
        case 'symbol':
        case 'function':
          return `[${typeof input}]`
      }
    }

    const copyObject = (input: object, depth: number): unknown => {
      if (ArrayBuffer.isView(input) || input instanceof ArrayBuffer) return `[${input.byteLength} bytes]`
      if (input instanceof Date) return Number.isNaN(input.valueOf()) ? '[no date]' : input.toISOString()
      if (seen.has(input)) return '[circular]'
      if (depth >= maxDepth) return '[too deep]'
      seen.add(input)
      try {
        if (Array.isArray(input)) return input.slice(0, maxMembers).map((item) => copy(item, depth + 1))
        return Object.fromEntries(members(input).map(([name, member]) => [text(name), copyMember(name, member, depth)]))
      } finally {
        seen.delete(input)
      }
    }

    const copyMember = (name: string, member: unknown, depth: number): unknown => {
      if (isSecretName(name) && hides(member)) return redacted
      if (environmentNames.test(name) && typeof member === 'object' && member !== null) {
        return Object.fromEntries(members(member).map(([variable]) => [text(variable), redacted]))
      }
      return copy(member, depth + 1)
    }

    return copy(value, 0)
  }
}

function withoutPersonal(text: string): string {
  let output = text
  for (const { name, pattern, isMeant = () => true } of personalShapes) {
    output = output.replace(pattern, (found) => (isMeant(found) ? `[redacted ${name}]` : found))
  }
  return output
}

/** A count of tokens is no secret. */
function hides(member: unknown): boolean {
  return typeof member === 'string' || (typeof member === 'object' && member !== null)
}

function members(input: object): readonly (readonly [string, unknown])[] {
  if (input instanceof Error) {
    return [
      ['name', input.name],
      ['message', input.message],
      ...('code' in input ? [['code', input.code] as const] : []),
    ]
  }
  if (input instanceof Map) {
    return [...input.entries()].slice(0, maxMembers).map(([key, member]) => [String(key), member])
  }
  if (input instanceof Set) return [['values', [...input].slice(0, maxMembers)]]
  return Object.entries(input).slice(0, maxMembers)
}

function knownSecretFinder(secrets: RedactionOptions['secrets']): () => RegExp | undefined {
  let current: readonly string[] = []
  let pattern: RegExp | undefined
  return () => {
    const wanted = typeof secrets === 'function' ? secrets() : (secrets ?? [])
    if (wanted.length !== current.length || wanted.some((secret, index) => secret !== current[index])) {
      current = [...wanted]
      const forms = [...new Set(current.flatMap(secretForms))].toSorted((left, right) => right.length - left.length)
      pattern = forms.length === 0 ? undefined : new RegExp(forms.map((form) => RegExp.escape(form)).join('|'), 'g')
    }
    return pattern
  }
}
