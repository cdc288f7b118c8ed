import { bind, bindParameters, bindingTypes, builtinsAliases, memberOf } from './python-bindings.ts'
import { callValues } from './python-calls.ts'
import { subscriptValues } from './python-subscripts.ts'
import { joinPaths } from './python-texts.ts'
import type { Budget } from '../budget.ts'
import { createEvaluator, type Inner } from './evaluator.ts'
import { pythonConstants } from './python-constants.ts'
import {
  type Bindings,
  concatenate,
  createBindings,
  few,
  isNode,
  namesOf,
  text,
  textsOf,
  type Value,
} from './values.ts'
import { partsOf, walk } from './walk.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'

/** Built-in names through which code gets hold of something. What the others are does not matter. */
const builtins = new Set([
  ...builtinsAliases,
  ...'eval exec compile __import__ getattr setattr globals locals vars open chr str bytes bytearray reversed'.split(
    ' ',
  ),
  ...'input type object map filter print __loader__ __spec__ breakpoint get_ipython'.split(' '),
])

export interface PythonValues {
  readonly evaluate: (node: SyntaxNode) => readonly Value[]
  readonly bindings: Bindings
}

/** Follows imports, aliases, constants and the usual reflection to what an expression stands for. */
export function pythonValues(tree: SyntaxTree, budget: Budget): PythonValues {
  const bindings = createBindings()
  const wildcards: string[] = []
  const additions = new Map<string, SyntaxNode[]>()
  walk(tree, bindingTypes, budget, (node) => bind(node, { bindings, wildcards, additions }))
  walk(tree, calls, budget, (node) => bindParameters(node, bindings))
  const addConstant = pythonConstants({ bindings, additions, budget })

  const evaluate = createEvaluator(budget, (node, inner) => addConstant(node, follow(node, inner), inner))
  const follow = (node: SyntaxNode, inner: Inner): readonly Value[] => {
    switch (node.type) {
      case 'identifier': {
        const word = spelled(node)
        const bound = bindings.of(word).flatMap((value) => (isNode(value) ? inner(value) : [value]))
        const starred = wildcards.map((module) => ({ name: `${module}.${word}` }))
        const name = builtinsAliases.has(word) ? 'builtins' : `builtins.${word}`
        return few([...bound, ...starred, ...(builtins.has(word) ? [{ name }] : [])])
      }
      case 'attribute':
        return few(
          namesOf(
            memberOf(inner(node.childForFieldName('object')), spelled(node.childForFieldName('attribute'))),
          ).flatMap(placed),
        )
      case 'string':
        return stringValues(node, inner)
      case 'concatenated_string':
        return partsOf(node)
          .map(inner)
          .reduce(concatenate, [text('')])
      case 'binary_operator':
        return operatorValues(node, inner)
      case 'parenthesized_expression':
      case 'await':
        return inner(partsOf(node)[0])
      case 'named_expression':
        return inner(node.childForFieldName('value'))
      case 'conditional_expression':
        return few([...inner(partsOf(node)[0]), ...inner(partsOf(node)[2])])
      case 'boolean_operator':
        return few([...inner(node.childForFieldName('left')), ...inner(node.childForFieldName('right'))])
      case 'subscript':
        return subscriptValues(node, inner, bindings)
      case 'call':
        return callValues(node, inner, bindings)
      default:
        return []
    }
  }
  return { evaluate, bindings }
}

const calls = new Set(['call'])

/** A name, and before it what it stands for if that is the same everywhere. */
function placed(name: string): readonly Value[] {
  const place = places.get(name)
  return place === undefined ? [{ name }] : [text(place), { name }]
}

const places: ReadonlyMap<string, string> = new Map([
  ['os.sep', '/'],
  ['os.path.sep', '/'],
  ['os.curdir', '.'],
  ['sys.executable', 'python3'],
  ['os.pardir', '..'],
])

/** Python takes compatible letters of other scripts for the plain ones. */
function spelled(node: SyntaxNode | null): string {
  return node?.text ?? ''
}

function operatorValues(node: SyntaxNode, inner: Inner): readonly Value[] {
  const left = inner(node.childForFieldName('left'))
  const right = inner(node.childForFieldName('right'))
  switch (node.childForFieldName('operator')?.text ?? '') {
    case '+':
      return concatenate(left, right)
    case '/':
      return joinPaths([left, right])
    case '%': {
      return textsOf(left).flatMap((format) =>
        textsOf(right).map((content) => text(format.replace('%s', () => content))),
      )
    }
    default:
      return []
  }
}

function stringValues(node: SyntaxNode, inner: Inner): readonly Value[] {
  let values: readonly Value[] = [text('')]
  for (const part of partsOf(node)) {
    if (part.type === 'string_content') values = concatenate(values, [text(unescape(part))])
    else if (part.type === 'interpolation') values = concatenate(values, inner(part.childForFieldName('expression')))
  }
  return values
}

function unescape(content: SyntaxNode): string {
  if (!content.namedChildren.some(({ type }) => type === 'escape_sequence')) return content.text
  return content.text.replaceAll(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|([0-7]{1,3})|(.))/gs,
    (...groups: string[]) => {
      const [, hex, unicode, octal, plain] = groups
      if (hex !== undefined || unicode !== undefined)
        return String.fromCharCode(Number.parseInt(hex ?? unicode ?? '', 16))
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
      return { n: '\n', t: '\t', r: '\r', '\n': '' }[plain ?? ''] ?? plain ?? ''
    },
  )
}
