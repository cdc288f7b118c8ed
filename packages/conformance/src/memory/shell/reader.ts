import type { Part, Redirection, Script, Word } from './syntax.ts'
import { ShellSyntaxError } from './syntax.ts'

/** Reads words off a shell text. The parser above it knows the grammar. */
export interface Reader {
  readonly peek: () => string
  readonly skip: (count: number) => void
  /** Blanks, continued lines and comments. */
  readonly blanks: () => void
  /** Blanks and newlines. */
  readonly newlines: () => void
  readonly startsWith: (text: string) => boolean
  /** The unquoted name at this place, without taking it. */
  readonly bareWord: () => string
  readonly match: (pattern: RegExp) => string | undefined
  readonly word: () => Word | undefined
  /** Promises the lines after this one to a here-document. */
  readonly hereDocument: (delimiter: string, options: { quoted: boolean; stripTabs: boolean }) => Redirection['target']
}

/** How the parser reads a script that lies inside a word. */
interface Nested {
  readonly until: (reader: Reader, end: ')') => Script
  readonly whole: (source: string) => Script
}

const endsWord = /[\s;&|<>()]/

export function createReader(source: string, nested: Nested): Reader {
  let at = 0
  const promised: { readonly take: () => void }[] = []

  const peek = (): string => source.charAt(at)

  const until = (close: string): string => {
    const end = source.indexOf(close, at)
    if (end === -1) throw new ShellSyntaxError(`unterminated ${close}`)
    const text = source.slice(at, end)
    at = end + close.length
    return text
  }

  const newline = (): void => {
    at++
    while (promised.length > 0) promised.shift()?.take()
  }

  const blanks = (): void => {
    for (;;) {
      if (source.startsWith('\\\n', at)) at += 2
      else if (peek() === ' ' || peek() === '\t') at++
      else if (peek() === '#' && (at === 0 || /[\s;&|()]/.test(source.charAt(at - 1)))) {
        while (at < source.length && peek() !== '\n') at++
      } else return
    }
  }

  /** Parts up to `ends`, with the rules of double quotes when `quoted`. */
  const parts = (ends: (char: string) => boolean, quoted: boolean): Part[] => {
    const found: Part[] = []
    const add = (text: string, literal: boolean): void => {
      found.push({ kind: 'text', text, quoted: literal })
    }
    while (at < source.length && !ends(peek())) {
      const char = peek()
      if (char === '\\') {
        const next = source.charAt(at + 1)
        at += 2
        if (next === '\n') continue
        add(quoted && !'$`"\\}'.includes(next) ? `\\${next}` : next, true)
      } else if (char === "'" && !quoted) {
        at++
        add(until("'"), true)
      } else if (char === '"') {
        at++
        const inner = parts((end) => end === '"', true)
        if (peek() !== '"') throw new ShellSyntaxError('unterminated quoted string')
        at++
        found.push({ kind: 'text', text: '', quoted: true }, ...inner)
      } else if (char === '$') {
        found.push(dollar(quoted))
      } else if (char === '`') {
        at++
        const text = match(/(?:[^`\\]|\\[^])*/y) ?? ''
        if (peek() !== '`') throw new ShellSyntaxError('unterminated `')
        at++
        found.push({ kind: 'command', script: nested.whole(text.replaceAll(/\\([`$\\])/g, '$1')), quoted })
      } else {
        const start = at
        do at++
        while (at < source.length && !ends(peek()) && !'\\\'"$`'.includes(peek()))
        add(source.slice(start, at), quoted)
      }
    }
    return found
  }

  const dollar = (quoted: boolean): Part => {
    at++
    if (source.startsWith('((', at)) {
      at += 2
      let depth = 0
      const expression = parts((char) => {
        if (char === '(') depth++
        else if (char === ')' && depth > 0) depth--
        else if (char === ')') return true
        return false
      }, true)
      if (!source.startsWith('))', at)) throw new ShellSyntaxError('unterminated arithmetic')
      at += 2
      return { kind: 'arithmetic', expression, quoted }
    }
    if (peek() === '(') {
      at++
      return { kind: 'command', script: nested.until(reader, ')'), quoted }
    }
    if (peek() === '{') {
      at++
      const length = source.charAt(at) === '#' && /[A-Za-z_@*0-9]/.test(source.charAt(at + 1))
      if (length) at++
      const name = match(/[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]/y)
      if (name === undefined) throw new ShellSyntaxError('bad substitution')
      const operator = length ? 'length' : match(/:?[-=?+]|%%?|##?/y)
      const argument = parts((char) => char === '}', quoted)
      if (peek() !== '}') throw new ShellSyntaxError('unterminated substitution')
      at++
      return { kind: 'parameter', name, operator, argument, quoted }
    }
    const name = match(/[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]/y)
    return name === undefined ? { kind: 'text', text: '$', quoted } : { kind: 'parameter', name, quoted }
  }

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(source)?.[0]
    at += found?.length ?? 0
    return found
  }

  const reader: Reader = {
    peek,
    skip: (count) => {
      at += count
    },
    blanks,
    newlines: () => {
      for (blanks(); peek() === '\n'; blanks()) newline()
    },
    startsWith: (text) => source.startsWith(text, at),
    bareWord: () => {
      const pattern = /(?:[A-Za-z0-9_]+|[{}!])(?=$|[\s;&|<>()`])/y
      pattern.lastIndex = at
      return pattern.exec(source)?.[0] ?? ''
    },
    match,
    word: () => {
      const found = parts((char) => endsWord.test(char), false)
      return found.length === 0 ? undefined : found
    },
    hereDocument: (delimiter, options) => {
      const target: Part[] = []
      promised.push({
        take: () => {
          const lines: string[] = []
          while (at < source.length) {
            const end = source.indexOf('\n', at)
            const raw = source.slice(at, end === -1 ? source.length : end)
            at = end === -1 ? source.length : end + 1
            const line = options.stripTabs ? raw.replace(/^\t+/, '') : raw
            if (line === delimiter) break
            lines.push(`${line}\n`)
          }
          const text = lines.join('')
          if (options.quoted) target.push({ kind: 'text', text, quoted: true })
          else target.push(...quotedParts(text, nested))
        },
      })
      return target
    },
  }
  return reader
}

/** A text with the rules of a here-document: expansions, but no quotes. */
function quotedParts(text: string, nested: Nested): Word {
  const escaped = text.replaceAll('"', '\\"')
  return createReader(`"${escaped}"`, nested).word() ?? []
}
