import { decodeText } from '@caisson/core'
import { find, lookUp } from '../files/file-system.ts'
import { SystemError } from '../files/system-error.ts'
import { homeOf } from '../files/files.ts'
import { evaluate } from './arithmetic.ts'
import { patternToRegExp } from './pattern.ts'
import { type Shell, ShellExit } from './state.ts'
import type { Part, Word } from './syntax.ts'

interface Piece {
  readonly text: string
  readonly quoted: boolean
  /** Came from an expansion, so that it is split unless quoted. */
  readonly expanded: boolean
  /** Ends a field: between the words of `"$@"`. */
  readonly boundary?: boolean | undefined
}

/** A word as fields: expanded, split and matched against file names. */
export async function expandFields(shell: Shell, word: Word): Promise<string[]> {
  const fields = split(await pieces(shell, word))
  return fields.flatMap((field) => matchFiles(shell, field) ?? [field.map((piece) => piece.text).join('')])
}

/** A word as one text, neither split nor matched. */
export async function expandText(shell: Shell, word: Word): Promise<string> {
  const found = await pieces(shell, word)
  return found.map((piece) => (piece.boundary === true ? ' ' : '') + piece.text).join('')
}

/** A word as a pattern whose quoted parts stand for themselves. */
export async function expandPattern(shell: Shell, word: Word): Promise<RegExp> {
  return patternToRegExp(await pieces(shell, word))
}

async function pieces(shell: Shell, word: Word): Promise<Piece[]> {
  const found: Piece[] = []
  for (const [index, part] of word.entries()) {
    if (part.kind === 'text') {
      const text = index === 0 && !part.quoted ? part.text.replace(/^~(?=\/|$)/, home(shell)) : part.text
      found.push({ text, quoted: part.quoted, expanded: false })
    } else if (part.kind === 'parameter') {
      found.push(...(await parameter(shell, part)))
    } else if (part.kind === 'command') {
      const output = decodeText(await shell.interpreter.capture(shell, part.script)).replace(/\n+$/, '')
      found.push({ text: output, quoted: part.quoted, expanded: true })
    } else {
      const expression = await expandText(shell, part.expression)
      const value = evaluate(expression, (name) => Number(shell.variables.get(name) ?? 0) || 0)
      found.push({ text: String(value), quoted: part.quoted, expanded: true })
    }
  }
  return found
}

function home(shell: Shell): string {
  return shell.variables.get('HOME') ?? homeOf(shell.task.user)
}

async function parameter(shell: Shell, part: Part & { kind: 'parameter' }): Promise<Piece[]> {
  if (part.name === '@' && part.operator === undefined) {
    return shell.positional.map((text, index) => ({ text, quoted: part.quoted, expanded: true, boundary: index > 0 }))
  }
  const value = valueOf(shell, part.name)
  const argument = async (): Promise<string> => await expandText(shell, part.argument ?? [])
  const piece = (text: string): Piece[] => [{ text, quoted: part.quoted, expanded: true }]
  const operator = part.operator ?? ''
  const missing = value === undefined || (operator.startsWith(':') && value === '')
  switch (operator.replace(':', '')) {
    case '':
      return piece(value ?? '')
    case 'length':
      return piece(String(Array.from(value ?? '').length))
    case '-':
      return missing ? piece(await argument()) : piece(value)
    case '+':
      return missing ? piece('') : piece(await argument())
    case '=': {
      if (!missing) return piece(value)
      const text = await argument()
      shell.variables.set(part.name, text)
      return piece(text)
    }
    case '?':
      if (!missing) return piece(value)
      throw new ShellExit(2)
    default:
      return piece(strip(value ?? '', operator, await expandPattern(shell, part.argument ?? [])))
  }
}

/** `${x#p}`, `${x##p}`, `${x%p}` and `${x%%p}`. */
function strip(value: string, operator: string, pattern: RegExp): string {
  const cuts = Array.from({ length: value.length + 1 }, (_, index) => index)
  const fromEnd = operator.startsWith('%')
  const smallestFirst = operator.length === 1
  if (fromEnd === smallestFirst) cuts.reverse()
  const cut = cuts.find((at) => pattern.test(fromEnd ? value.slice(at) : value.slice(0, at)))
  if (cut === undefined) return value
  return fromEnd ? value.slice(0, cut) : value.slice(cut)
}

function valueOf(shell: Shell, name: string): string | undefined {
  switch (name) {
    case '?':
      return String(shell.status)
    case '$':
      return String(shell.pid)
    case '!':
      return shell.background === undefined ? undefined : String(shell.background)
    case '#':
      return String(shell.positional.length)
    case '*':
      return shell.positional.join(' ')
    case '-':
      return shell.exitOnError ? 'e' : ''
    case '0':
      return shell.name
    default:
      return /^\d+$/.test(name) ? shell.positional[Number(name) - 1] : shell.variables.get(name)
  }
}

/** Cuts unquoted expansions at white space. */
function split(found: readonly Piece[]): Piece[][] {
  const fields: Piece[][] = []
  let field: Piece[] | undefined
  const end = (): void => {
    if (field !== undefined) fields.push(field)
    field = undefined
  }
  for (const piece of found) {
    if (piece.boundary === true) end()
    if (piece.quoted || !piece.expanded) {
      if (piece.quoted || piece.text !== '') (field ??= []).push(piece)
      continue
    }
    for (const text of piece.text.split(/([ \t\n]+)/)) {
      if (/^[ \t\n]+$/.test(text)) end()
      else if (text !== '') (field ??= []).push({ ...piece, text })
    }
  }
  end()
  return fields
}

/** The paths that a field with unquoted wildcards stands for; undefined when it has none or nothing matches. */
function matchFiles(shell: Shell, field: readonly Piece[]): string[] | undefined {
  if (!field.some((piece) => !piece.quoted && /[*?[]/.test(piece.text))) return undefined
  const segments: { text: string; quoted: boolean }[][] = [[]]
  for (const { text, quoted } of field) {
    text.split('/').forEach((part, index) => {
      if (index > 0) segments.push([])
      segments.at(-1)?.push({ text: part, quoted })
    })
  }
  const actor = { user: shell.task.user, cwd: shell.task.cwd }
  const absolute = segments.length > 1 && segments[0]?.every((piece) => piece.text === '') === true
  let paths = absolute ? ['/'] : ['']
  for (const segment of absolute ? segments.slice(1) : segments) {
    const pattern = patternToRegExp(segment)
    const literal = segment.map((piece) => piece.text).join('')
    const wild = segment.some((piece) => !piece.quoted && /[*?[]/.test(piece.text))
    paths = paths.flatMap((path) => {
      const join = (name: string): string => (path === '' || path.endsWith('/') ? path + name : `${path}/${name}`)
      try {
        if (!wild)
          return find(shell.machine.files, join(literal), actor, 'no-follow').node === undefined ? [] : [join(literal)]
        const { node } = lookUp(shell.machine.files, path === '' ? '.' : path, actor)
        if (node.kind !== 'directory') return []
        const names = [...node.children.keys()].filter((name) => !name.startsWith('.') || literal.startsWith('.'))
        return names
          .filter((name) => pattern.test(name))
          .sort()
          .map(join)
      } catch (error) {
        if (error instanceof SystemError) return []
        throw error
      }
    })
  }
  return paths.length === 0 ? undefined : paths
}
