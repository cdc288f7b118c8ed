import { print, printedBy, unescape } from './bash-printed.ts'
import type { Budget } from '../budget.ts'
import { createEvaluator } from './evaluator.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'
import { type Bindings, concatenate, createBindings, few, isNode, text, textsOf, type Value } from './values.ts'
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
