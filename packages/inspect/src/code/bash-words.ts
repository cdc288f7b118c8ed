import type { Budget } from '../budget.ts'
import { createEvaluator } from './evaluator.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'
import {
  type Bindings,
  concatenate,
  createBindings,
  few,
  fromBase64,
  fromHex,
  isNode,
  reversed,
  text,
  textsOf,
  type Value,
} from './values.ts'
import { partsOf, walk } from './walk.ts'

export interface BashWords {
  /** What a word may expand to. A part that is not known stays as it is written. */
  readonly expand: (node: SyntaxNode) => readonly Value[]
  /** The words of a command, the first choice of each, the program first. */
  readonly wordsOf: (command: SyntaxNode) => readonly string[]
}

/** Follows variables, arrays, aliases, quotes and backslashes to the words that a command is made of. */
export function bashWords(tree: SyntaxTree, budget: Budget): BashWords {
  const bindings: Bindings = createBindings()
  const aliases = new Map<string, string>()
  walk(tree, new Set(['variable_assignment', 'command']), budget, (node) => {
    if (node.type === 'command') {
      for (const [name, program] of aliasesIn(node)) aliases.set(name, program)
      for (const [name, value] of assignedBy(node)) bindings.add(name, value)
      return
    }
    const name = node.childForFieldName('name')?.text
    const value = node.childForFieldName('value')
    if (name !== undefined && value !== null) bindings.add(name, value)
  })
  const evaluate = createEvaluator(budget, (node, inner) => {
    const valuesOf = (name: string) => bindings.of(name).flatMap((value) => (isNode(value) ? inner(value) : [value]))
    switch (node.type) {
      case 'word':
      case 'command_name':
        if (partsOf(node).length > 0)
          return partsOf(node)
            .map(inner)
            .reduce(concatenate, [text('')])
        return [text(node.text.replaceAll(/\\(.)/g, '$1'))]
      case 'raw_string':
        return [text(node.text.slice(1, -1))]
      case 'ansi_c_string':
        return [text(unescape(node.text.slice(2, -1)))]
      case 'string':
      case 'concatenation':
        return partsOf(node)
          .map(inner)
          .reduce(concatenate, [text('')])
      case 'simple_expansion':
      case 'expansion': {
        if (/^\$\{?IFS\b/.test(node.text)) return [text(' ')]
        const values = few(expandParameter(node.text, (name) => textsOf(valuesOf(name))).map(text))
        return values.length === 0 ? [text(node.text)] : values
      }
      case 'command_substitution': {
        const printed = printedBy(node, (part) => textsOf(inner(part))[0] ?? '')
        return [text(printed ?? node.text)]
      }
      default:
        return [text(node.text)]
    }
  })

  const itemsOf = (part: SyntaxNode): readonly SyntaxNode[] => {
    const [, name] = /^"?\$\{(\w+)\[[@*]\]\}"?$/.exec(part.text) ?? []
    const array =
      name === undefined ? undefined : bindings.of(name).find((value) => isNode(value) && value.type === 'array')
    return array !== undefined && isNode(array) ? partsOf(array) : [part]
  }
  return {
    expand: evaluate,
    wordsOf: (command) => {
      const parts = partsOf(command)
        .filter(({ type }) => !/redirect|variable_assignment/.test(type))
        .flatMap(itemsOf)
      const [program = '', ...rest] = parts.map((part) => textsOf(evaluate(part))[0] ?? '')
      const aliased = aliases.get(program)?.split(/\s+/)
      if (aliased !== undefined) return [...aliased, ...rest]
      // What a variable holds is split where the script wants it to be.
      const isExpanded = parts[0]?.text.startsWith('$') === true
      const first = isExpanded ? program.split(/[\s,;]+/) : splitAtBlanks(program, parts[0])
      return [...bracesOf(first), ...rest.flatMap((word, index) => splitAtBlanks(word, parts[index + 1]))]
    },
  }
}

/** `curl${IFS}http://…` is two words. */
function splitAtBlanks(word: string, part: SyntaxNode | undefined): readonly string[] {
  return part?.text.includes('IFS') === true ? word.split(' ').filter((piece) => piece !== '') : [word]
}

/** `{curl,-s,http://…}` is three words. */
function bracesOf(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    const [, inner] = /^\{([^{}]*,[^{}]*)\}$/.exec(word) ?? []
    return inner === undefined ? [word] : inner.split(',')
  })
}

/** `printf -v name format …` and `read name <<< text` are assignments too. */
function assignedBy(command: SyntaxNode): readonly (readonly [string, Value | SyntaxNode])[] {
  const [program = '', ...rest] = partsOf(command)
    .filter(({ type }) => !/redirect/.test(type))
    .map(({ text }) => text.replaceAll(/^["']|["']$/g, ''))
  if (program === 'printf' && rest[0] === '-v' && rest[1] !== undefined) {
    const printed = print('printf', rest.slice(2))
    return printed === undefined ? [] : [[rest[1], text(printed)]]
  }
  if (program !== 'read') return []
  const name = rest.find((word) => !word.startsWith('-'))
  const statement = command.parent?.type === 'redirected_statement' ? command.parent : command
  const given = statement.children.find(({ type }) => type === 'herestring_redirect')
  const value = given === undefined ? undefined : partsOf(given)[0]
  return name === undefined || value === undefined ? [] : [[name, value]]
}

function aliasesIn(command: SyntaxNode): readonly (readonly [string, string])[] {
  if (command.childForFieldName('name')?.text !== 'alias') return []
  return command.childrenForFieldName('argument').flatMap(({ text }) => {
    const [, name, program] = /^([\w-]+)=["']?([^"']{1,200})["']?$/.exec(text) ?? []
    return name === undefined || program === undefined ? [] : [[name, program] as const]
  })
}

/** What `$name`, `${name:-other}`, `${name:1:2}`, `${name//a/b}` and `${!name}` stand for. */
function expandParameter(written: string, valuesOf: (name: string) => readonly string[]): readonly string[] {
  const [, indirect, name = '', operation = ''] = /^\$\{?(!?)(\w+)(.*?)\}?$/s.exec(written) ?? []
  const values = indirect === '!' ? valuesOf(name).flatMap(valuesOf) : valuesOf(name)
  const [, fallback] = /^:?[-=](.*)$/s.exec(operation) ?? []
  if (fallback !== undefined) return values.length === 0 ? [fallback] : values
  const [, from, length] = /^:\s*(\d+)(?::(\d+))?$/.exec(operation) ?? []
  if (from !== undefined) {
    const start = Number(from)
    return values.map((value) => value.slice(start, length === undefined ? undefined : start + Number(length)))
  }
  const [, letters] = /^(\^\^?|,,?)$/.exec(operation) ?? []
  if (letters !== undefined) return values.map((value) => inCase(value, letters))
  const [, all, pattern, replacement = ''] = /^\/(\/?)([^/*?[]+)(?:\/(.*))?$/s.exec(operation) ?? []
  if (pattern === undefined) return values
  return values.map((value) =>
    all === '/' ? value.replaceAll(pattern, () => replacement) : value.replace(pattern, () => replacement),
  )
}

/** `^^`, `^`, `,,` and `,` */
function inCase(value: string, letters: string): string {
  const change = (content: string) => (letters.startsWith('^') ? content.toUpperCase() : content.toLowerCase())
  return letters.length === 2 ? change(value) : change(value.slice(0, 1)) + value.slice(1)
}

/** What `$(echo … | rev)` leaves behind, if that is all that it does. */
function printedBy(substitution: SyntaxNode, wordOf: (part: SyntaxNode) => string): string | undefined {
  const [body, redirect, ...others] = partsOf(substitution).flatMap((part) =>
    part.type === 'redirected_statement' ? partsOf(part) : [part],
  )
  if (body === undefined || others.length > 0) return undefined
  if (redirect !== undefined || body.children.some(({ type }) => type === 'herestring_redirect')) {
    // `rev <<< text`
    const given = redirect ?? body.children.find(({ type }) => type === 'herestring_redirect')
    const [program = '', ...rest] = partsOf(body)
      .filter(({ type }) => type !== 'herestring_redirect')
      .map(wordOf)
    const input = given?.type === 'herestring_redirect' ? partsOf(given)[0] : undefined
    return input === undefined ? undefined : filter(wordOf(input), program, rest)
  }
  const commands = body.type === 'pipeline' ? partsOf(body) : [body]
  let printed: string | undefined
  for (const [index, command] of commands.entries()) {
    if (command.type !== 'command') return undefined
    const [program = '', ...rest] = partsOf(command).map(wordOf)
    printed = index === 0 ? print(program, rest) : filter(printed ?? '', program, rest)
    if (printed === undefined) return undefined
  }
  return printed
}

function print(program: string, given: readonly string[]): string | undefined {
  const operands = given.filter((word) => !/^-[neE]+$/.test(word))
  if (program === 'echo') return given.includes('-e') ? unescape(operands.join(' ')) : operands.join(' ')
  if (program !== 'printf') return undefined
  const [format = '', ...values] = operands
  let next = 0
  return unescape(format.replaceAll(/%[sb]/g, () => values[next++] ?? ''))
}

function filter(input: string, program: string, given: readonly string[]): string | undefined {
  if (program === 'rev') return reversed(input)
  if (program === 'base64' && given.some((word) => /^(?:-d|-D|--decode)$/.test(word))) return fromBase64(input).trim()
  if (program === 'tr') return translated(input, given)
  if (program === 'xxd' && given.includes('-r')) return fromHex(input).trim()
  return undefined
}

/** `tr a-z n-za-m`, `tr -d x` */
function translated(input: string, given: readonly string[]): string | undefined {
  if (given[0] === '-d') {
    const removed = lettersOf(given[1] ?? '')
    return Array.from(input)
      .filter((letter) => !removed.includes(letter))
      .join('')
  }
  const [from = '', to = ''] = given.filter((word) => !word.startsWith('-')).map(lettersOf)
  if (from === '' || to === '') return undefined
  return Array.from(input, (letter) => {
    const index = from.lastIndexOf(letter)
    return index === -1 ? letter : (to[Math.min(index, to.length - 1)] ?? letter)
  }).join('')
}

function lettersOf(set: string): string {
  return set
    .replaceAll(/^\[|\]$/g, '')
    .slice(0, 256)
    .replaceAll(/(.)-(.)/gs, (_match, first: string, last: string) =>
      Array.from({ length: Math.max(0, Math.min(256, last.charCodeAt(0) - first.charCodeAt(0) + 1)) }, (_, index) =>
        String.fromCharCode(first.charCodeAt(0) + index),
      ).join(''),
    )
}

function unescape(content: string): string {
  return content.replaceAll(/\\(?:x([\da-fA-F]{1,2})|([0-7]{1,3})|(.))/gs, (...groups: string[]) => {
    const [, hex, octal, plain] = groups
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
    return { n: '\n', t: '\t', r: '\r', e: '\u001b' }[plain ?? ''] ?? plain ?? ''
  })
}
