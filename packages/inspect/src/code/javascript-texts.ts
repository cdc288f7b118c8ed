import type { Inner } from './evaluator.ts'
import { type Bindings, concatenate, isNode, numberOf, reversed, text, textsOf, type Value } from './values.ts'
import { partsOf } from './walk.ts'
import type { SyntaxNode } from './syntax-node.ts'

export function textMethod(
  callee: SyntaxNode,
  callArguments: readonly SyntaxNode[],
  inner: Inner,
  bindings: Bindings,
): readonly Value[] {
  const [argument] = callArguments
  if (callee.type !== 'member_expression') return []
  const object = callee.childForFieldName('object')
  const method = callee.childForFieldName('property')?.text ?? ''
  const items = itemsOf(object, bindings)
  if (items !== undefined && method === 'join') {
    const [separator = ','] = argument === undefined ? [] : textsOf(inner(argument))
    const pieces = items.map((part) => textsOf(inner(part))[0])
    return pieces.every((piece) => piece !== undefined) ? [text(pieces.join(separator))] : []
  }
  const contents = textsOf(inner(object))
  switch (method) {
    // A text that is split into characters stays a text here until it is joined again.
    case 'split':
    case 'join':
    case 'toString':
    case 'trim':
    case 'normalize':
      return contents.map(text)
    case 'slice':
    case 'substring':
    case 'substr': {
      const [from, to] = callArguments.map((part) => numberOf(part.text))
      if (from === undefined) return []
      const length = method === 'substr' && to !== undefined ? from + to : to
      return contents.map((content) =>
        text(method === 'substring' ? content.substring(from, to) : content.slice(from, length)),
      )
    }
    case 'replace':
    case 'replaceAll': {
      const [from, to] = callArguments.map((part) => textsOf(inner(part))[0])
      if (from === undefined || to === undefined) return []
      return contents.map((content) => text(content.replaceAll(from, () => to)))
    }
    case 'reverse':
      return contents.map((content) => text(reversed(content)))
    case 'toLowerCase':
      return contents.map((content) => text(content.toLowerCase()))
    case 'concat':
      return concatenate(contents.map(text), inner(argument))
    default:
      return []
  }
}

/** The items of an array that is written out, here or where it was given its name. */
export function itemsOf(node: SyntaxNode | null | undefined, bindings: Bindings): readonly SyntaxNode[] | undefined {
  if (node?.type === 'array')
    return partsOf(node).some(({ type }) => type === 'spread_element') ? undefined : partsOf(node)
  if (node?.type !== 'identifier') return undefined
  const bound = bindings.of(node.text).find((value) => isNode(value) && value.type === 'array')
  return bound !== undefined && isNode(bound) ? partsOf(bound) : undefined
}
