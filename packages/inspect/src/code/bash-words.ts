import type { Budget } from '../budget.ts'
import { createEvaluator } from './evaluator.ts'
import { type Bindings, concatenate, createBindings, few, isNode, text, textsOf, type Value } from './values.ts'
import { partsOf, walk } from './walk.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'

export interface BashWords {
  /** What a word may expand to. A part that is not known stays as it is written. */
  readonly expand: (node: SyntaxNode) => readonly Value[]
}

/** Follows variables, quotes and backslashes to the words that a command is made of. */
export function bashWords(tree: SyntaxTree, budget: Budget): BashWords {
  const bindings: Bindings = createBindings()
  walk(tree, new Set(['variable_assignment']), budget, (node) => {
    const name = node.childForFieldName('name')?.text
    const value = node.childForFieldName('value')
    if (name !== undefined && value !== null) bindings.add(name, value)
  })

  const expand = createEvaluator(budget, (node, inner) => {
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
        const [name] = partsOf(node)
        const values = bindings.of(name?.text ?? '').flatMap((value) => (isNode(value) ? inner(value) : [value]))
        return values.length === 0 ? [text(node.text)] : few(values)
      }
      default:
        return [text(node.text)]
    }
  })
  return { expand }
}

function unescape(content: string): string {
  return content.replaceAll(/\\(?:x([\da-fA-F]{1,2})|([0-7]{1,3})|(.))/gs, (...groups: string[]) => {
    const [, hex, octal, plain] = groups
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
    return { n: '\n', t: '\t', r: '\r', e: '\u001b' }[plain ?? ''] ?? plain ?? ''
  })
}

/** The command as one line of expanded words, the first choice of each. */
export function firstTexts(words: readonly (readonly Value[])[]): readonly string[] {
  return words.map((values) => textsOf(values)[0] ?? '')
}
