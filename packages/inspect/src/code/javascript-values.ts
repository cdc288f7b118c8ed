import { addTo, bind, bindParameters, bindingTypes, globals, memberOf } from './javascript-bindings.ts'
import { callValues } from './javascript-calls.ts'
import type { Budget } from '../budget.ts'
import { createEvaluator, type Inner } from './evaluator.ts'
import { javascriptConstants } from './javascript-constants.ts'
import {
  type Bindings,
  concatenate,
  createBindings,
  few,
  isNode,
  namesOf,
  numberOf,
  text,
  textsOf,
  type Value,
} from './values.ts'
import { partsOf, walk } from './walk.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'

/** Global names through which code gets hold of something. What the others are does not matter. */
const telling = new Set(
  `eval Function require module process Bun Deno importScripts fetch XMLHttpRequest WebSocket EventSource Worker navigator
  atob btoa unescape decodeURIComponent decodeURI escape String Buffer Reflect Object Array Proxy Symbol WebAssembly
  setTimeout setInterval setImmediate queueMicrotask execScript TextDecoder document Image`.split(/\s+/),
)
export interface JavascriptValues {
  readonly evaluate: (node: SyntaxNode) => readonly Value[]
  readonly bindings: Bindings
}

/** Follows imports, aliases, constants and the usual reflection to what an expression stands for. */
export function javascriptValues(tree: SyntaxTree, budget: Budget): JavascriptValues {
  const bindings = createBindings()
  const additions = new Map<string, SyntaxNode[]>()
  const addConstant = javascriptConstants({ bindings, additions, budget })

  const evaluate = createEvaluator(budget, (node, inner) => addConstant(node, follow(node, inner), inner))
  const follow = (node: SyntaxNode, inner: Inner): readonly Value[] => {
    switch (node.type) {
      case 'identifier': {
        const name = globals.has(node.text) ? 'global' : `global.${node.text}`
        const bound = bindings.of(node.text).flatMap((value) => (isNode(value) ? inner(value) : [value]))
        return few([...bound, ...(globals.has(node.text) || telling.has(node.text) ? [{ name }] : [])])
      }
      case 'import':
        return [{ name: 'global.require' }]
      case 'member_expression':
        return few([
          ...memberOf(inner(node.childForFieldName('object')), node.childForFieldName('property')?.text ?? ''),
          ...(reachesFunction(node) ? [{ name: 'global.Function' }] : []),
          ...entriesOf(node.childForFieldName('object'), node.childForFieldName('property')?.text, inner, bindings),
        ])
      case 'subscript_expression': {
        const object = node.childForFieldName('object')
        const index = node.childForFieldName('index')
        if (object?.type === 'array') return inner(partsOf(object)[numberOf(index?.text ?? '') ?? -1])
        const members = textsOf(inner(index))
        return few([
          ...members.flatMap((member) => memberOf(inner(object), member)),
          ...(members.length === 0 ? [undefined] : members).flatMap((member) =>
            entriesOf(object, member, inner, bindings),
          ),
        ])
      }
      case 'string':
        return [text(partsOf(node).map(pieceOf).join(''))]
      case 'template_string':
        return partsOf(node)
          .map((part) => (part.type === 'template_substitution' ? inner(partsOf(part)[0]) : [text(pieceOf(part))]))
          .reduce(concatenate, [text('')])
      case 'binary_expression':
        return node.childForFieldName('operator')?.text === '+'
          ? concatenate(inner(node.childForFieldName('left')), inner(node.childForFieldName('right')))
          : few([...inner(node.childForFieldName('left')), ...inner(node.childForFieldName('right'))])
      case 'ternary_expression':
        return few([...inner(node.childForFieldName('consequence')), ...inner(node.childForFieldName('alternative'))])
      case 'assignment_expression':
        return inner(node.childForFieldName('right'))
      // The characters of a text, as `split("")` gives them.
      case 'array':
        return partsOf(node).length === 1 && partsOf(node)[0]?.type === 'spread_element'
          ? inner(partsOf(partsOf(node)[0] ?? node)[0])
          : []
      case 'parenthesized_expression':
      case 'await_expression':
      case 'as_expression':
      case 'satisfies_expression':
      case 'non_null_expression':
        return inner(partsOf(node)[0])
      case 'sequence_expression':
        return inner(partsOf(node).at(-1))
      case 'new_expression':
        return namesOf(inner(node.childForFieldName('constructor'))).map((name) => ({ name: `${name}()` }))
      case 'call_expression':
        return callValues(node, inner, bindings)
      default:
        return []
    }
  }
  walk(tree, new Set(['augmented_assignment_expression']), budget, (node) => addTo(node, additions))
  walk(tree, new Set(['function_declaration', 'enum_declaration']), budget, (node) => {
    bindings.add(node.childForFieldName('name')?.text ?? '', node)
  })
  walk(tree, bindingTypes, budget, (node) => bind(node, bindings, evaluate))
  walk(tree, calls, budget, (node) => bindParameters(node, bindings))
  return { evaluate, bindings }
}

const calls = new Set(['call_expression'])

/** The entries of an object or an enumeration that is written out, here or where it was given its name; all of them when the member is not known. */
function entriesOf(
  object: SyntaxNode | null,
  member: string | undefined,
  inner: Inner,
  bindings: Bindings,
): readonly Value[] {
  if (object === null) return []
  const written = [object, ...(object.type === 'identifier' ? bindings.of(object.text).filter(isNode) : [])]
    .map((node) => (node.type === 'parenthesized_expression' ? (partsOf(node)[0] ?? node) : node))
    .find(({ type }) => type === 'object' || type === 'enum_declaration')
  if (written === undefined) return []
  const entries = partsOf(written.childForFieldName('body') ?? written).slice(0, maxEntries)
  return few(
    entries.flatMap((entry) => {
      const key = entry.childForFieldName('key') ?? entry.childForFieldName('name')
      if (key === null || (member !== undefined && keyOf(key, inner) !== member)) return []
      return inner(entry.childForFieldName('value'))
    }),
  )
}

const maxEntries = 64

function keyOf(key: SyntaxNode, inner: Inner): string | undefined {
  if (key.type === 'property_identifier') return key.text
  return textsOf(inner(key.type === 'computed_property_name' ? partsOf(key)[0] : key))[0]
}

function pieceOf(part: SyntaxNode): string {
  if (part.type !== 'escape_sequence') return part.text
  const [, hex, unicode, plain = ''] = /^\\(?:x([\da-f]{2})|u\{?([\da-f]{1,6})\}?|(.))/is.exec(part.text) ?? []
  const code = hex ?? unicode
  if (code !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10_ff_ff))
  return { n: '\n', t: '\t', r: '\r', '\n': '' }[plain] ?? plain
}

/** `(() => {}).constructor` and `"".at.constructor` are ways to say `Function`. */
function reachesFunction(node: SyntaxNode): boolean {
  if (node.childForFieldName('property')?.text !== 'constructor') return false
  let object = node.childForFieldName('object')
  while (object?.type === 'parenthesized_expression') object = partsOf(object)[0] ?? null
  if (object === null) return false
  return (
    /^(?:arrow_function|function_expression|generator_function|class)$/.test(object.type) ||
    object.childForFieldName('property')?.text === 'constructor' ||
    (object.type === 'call_expression' &&
      object.childForFieldName('function')?.text.endsWith('.getPrototypeOf') === true)
  )
}
