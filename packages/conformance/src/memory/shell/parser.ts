import { createReader, type Reader } from './reader.ts'
import {
  type AndOr,
  type Assignment,
  type Command,
  type Pipeline,
  type Redirection,
  type Script,
  ShellSyntaxError,
  type Statement,
  type Word,
} from './syntax.ts'

/** Parses what `sh -c` takes. Throws `ShellSyntaxError`. */
export function parseShell(source: string): Script {
  const reader = createReader(source, {
    until: (inner, end) => {
      const script = list(inner, () => inner.startsWith(end))
      if (!inner.startsWith(end)) throw new ShellSyntaxError(`${end} expected`)
      inner.skip(1)
      return script
    },
    whole: parseShell,
  })
  const script = list(reader, () => false)
  if (reader.peek() !== '') throw new ShellSyntaxError(`syntax error near "${reader.peek()}"`)
  return script
}

function list(reader: Reader, ends: () => boolean): Script {
  const statements: Statement[] = []
  for (;;) {
    reader.newlines()
    if (reader.peek() === '' || ends()) return statements
    const chain = andOr(reader)
    reader.blanks()
    const background = reader.peek() === '&'
    const separated = background || (reader.peek() === ';' && !reader.startsWith(';;'))
    statements.push({ chain, background })
    if (separated) reader.skip(1)
    else if (reader.peek() !== '\n') {
      reader.newlines()
      return statements
    }
  }
}

function andOr(reader: Reader): AndOr {
  const first = pipeline(reader)
  const rest: { operator: '&&' | '||'; pipeline: Pipeline }[] = []
  for (;;) {
    reader.blanks()
    const operator = reader.startsWith('&&') ? '&&' : reader.startsWith('||') ? '||' : undefined
    if (operator === undefined) return { first, rest }
    reader.skip(2)
    reader.newlines()
    rest.push({ operator, pipeline: pipeline(reader) })
  }
}

function pipeline(reader: Reader): Pipeline {
  reader.blanks()
  const negated = reader.bareWord() === '!'
  if (negated) reader.skip(1)
  const commands = [command(reader)]
  for (;;) {
    reader.blanks()
    if (reader.peek() !== '|' || reader.startsWith('||')) return { negated, commands }
    reader.skip(1)
    reader.newlines()
    commands.push(command(reader))
  }
}

function command(reader: Reader): Command {
  reader.blanks()
  if (reader.peek() === '(') {
    reader.skip(1)
    const body = list(reader, () => reader.startsWith(')'))
    expect(reader, ')')
    return { kind: 'subshell', body, redirections: redirections(reader) }
  }
  switch (reader.bareWord()) {
    case '{': {
      reader.skip(1)
      return { kind: 'group', body: block(reader, '}'), redirections: redirections(reader) }
    }
    case 'if':
      return conditional(reader)
    case 'while':
    case 'until': {
      const until = reader.bareWord() === 'until'
      reader.skip(5)
      const condition = block(reader, 'do')
      return { kind: 'loop', until, condition, body: block(reader, 'done'), redirections: redirections(reader) }
    }
    case 'for':
      return forLoop(reader)
    case 'case':
      return caseOf(reader)
    default:
      return simpleOrFunction(reader)
  }
}

/** A list up to one of the reserved words, which is taken. */
function block(reader: Reader, end: string): Script {
  const script = list(reader, () => reader.bareWord() === end)
  expect(reader, end)
  return script
}

function conditional(reader: Reader): Command {
  const branches: { condition: Script; body: Script }[] = []
  let otherwise: Script | undefined
  expect(reader, 'if')
  for (;;) {
    const condition = block(reader, 'then')
    branches.push({ condition, body: list(reader, () => ['elif', 'else', 'fi'].includes(reader.bareWord())) })
    const next = reader.bareWord()
    expect(reader, next)
    if (next === 'else') otherwise = block(reader, 'fi')
    if (next !== 'elif') return { kind: 'if', branches, otherwise, redirections: redirections(reader) }
  }
}

function forLoop(reader: Reader): Command {
  expect(reader, 'for')
  reader.blanks()
  const name = reader.match(/[A-Za-z_][A-Za-z0-9_]*/y)
  if (name === undefined) throw new ShellSyntaxError('bad for loop variable')
  reader.newlines()
  let words: Word[] | undefined
  if (reader.bareWord() === 'in') {
    reader.skip(2)
    words = []
    for (reader.blanks(); !'\n;'.includes(reader.peek()); reader.blanks()) words.push(requiredWord(reader))
  }
  reader.blanks()
  if (reader.peek() === ';') reader.skip(1)
  reader.newlines()
  expect(reader, 'do')
  return { kind: 'for', name, words, body: block(reader, 'done'), redirections: redirections(reader) }
}

function caseOf(reader: Reader): Command {
  expect(reader, 'case')
  reader.blanks()
  const subject = requiredWord(reader)
  reader.newlines()
  expect(reader, 'in')
  const branches: { patterns: Word[]; body: Script }[] = []
  for (;;) {
    reader.newlines()
    if (reader.bareWord() === 'esac') break
    if (reader.peek() === '(') reader.skip(1)
    const patterns: Word[] = []
    do {
      if (patterns.length > 0) reader.skip(1)
      reader.blanks()
      patterns.push(requiredWord(reader))
      reader.blanks()
    } while (reader.peek() === '|')
    expect(reader, ')')
    branches.push({ patterns, body: list(reader, () => reader.startsWith(';;') || reader.bareWord() === 'esac') })
    if (reader.startsWith(';;')) reader.skip(2)
  }
  expect(reader, 'esac')
  return { kind: 'case', subject, branches, redirections: redirections(reader) }
}

function simpleOrFunction(reader: Reader): Command {
  const heading = reader.match(/[A-Za-z_][A-Za-z0-9_]*[ \t]*\([ \t]*\)/y)
  if (heading !== undefined) {
    reader.newlines()
    return { kind: 'function', name: heading.replace(/[ \t(].*/, ''), body: command(reader), redirections: [] }
  }
  const assignments: Assignment[] = []
  const words: Word[] = []
  const found: Redirection[] = []
  for (;;) {
    reader.blanks()
    const redirection = redirect(reader)
    if (redirection !== undefined) {
      found.push(redirection)
      continue
    }
    const name = words.length === 0 ? reader.match(/[A-Za-z_][A-Za-z0-9_]*=/y) : undefined
    if (name !== undefined) {
      assignments.push({ name: name.slice(0, -1), value: reader.word() ?? [] })
      continue
    }
    const word = reader.word()
    if (word === undefined) break
    words.push(word)
  }
  if (assignments.length + words.length + found.length === 0) {
    throw new ShellSyntaxError(`syntax error near "${reader.peek()}"`)
  }
  return { kind: 'simple', assignments, words, redirections: found }
}

function redirections(reader: Reader): Redirection[] {
  const found: Redirection[] = []
  for (;;) {
    reader.blanks()
    const redirection = redirect(reader)
    if (redirection === undefined) return found
    found.push(redirection)
  }
}

function redirect(reader: Reader): Redirection | undefined {
  const sign = reader.match(/[0-9]*(?:<<-?|<&|>&|>>|>\||<|>)/y)
  if (sign === undefined) return undefined
  const digits = /^[0-9]*/.exec(sign)?.[0] ?? ''
  const operator = sign.slice(digits.length)
  const descriptor = digits === '' ? (operator.startsWith('<') ? 0 : 1) : Number(digits)
  reader.blanks()
  const target = requiredWord(reader)
  switch (operator) {
    case '<<':
    case '<<-': {
      const delimiter = target.map((part) => (part.kind === 'text' ? part.text : '')).join('')
      const quoted = target.some((part) => part.kind === 'text' && part.quoted)
      const document = reader.hereDocument(delimiter, { quoted, stripTabs: operator === '<<-' })
      return { descriptor, operator: '<<', target: document }
    }
    case '<':
    case '>':
    case '>>':
    case '>|':
    case '<&':
    case '>&':
      return { descriptor, operator, target }
    default:
      throw new ShellSyntaxError(`unknown redirection ${operator}`)
  }
}

function requiredWord(reader: Reader): Word {
  const word = reader.word()
  if (word === undefined) throw new ShellSyntaxError(`word expected before "${reader.peek()}"`)
  return word
}

function expect(reader: Reader, text: string): void {
  reader.newlines()
  if (text === '' || !reader.startsWith(text)) throw new ShellSyntaxError(`"${text}" expected`)
  reader.skip(text.length)
}
