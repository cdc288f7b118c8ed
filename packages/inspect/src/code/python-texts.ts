import type { Inner } from './evaluator.ts'
import { type Bindings, concatenate, isNode, text, textsOf, type Value } from './values.ts'
import { partsOf } from './walk.ts'
import type { SyntaxNode } from './syntax-node.ts'

export function textMethod(
  callee: SyntaxNode,
  given: readonly SyntaxNode[],
  inner: Inner,
  bindings: Bindings,
): readonly Value[] {
  const [argument] = given
  if (callee.type !== 'attribute') return []
  const objects = textsOf(inner(callee.childForFieldName('object')))
  if (objects.length === 0) return []
  switch (callee.childForFieldName('attribute')?.text ?? '') {
    case 'decode':
    case 'encode':
    case 'strip':
      return objects.map(text)
    case 'format': {
      const pieces = given.map((part) => textsOf(inner(part))[0])
      if (pieces.includes(undefined)) return []
      let next = 0
      const fill = (_match: string, index: string) => pieces[index === '' ? next++ : Number(index)] ?? ''
      return objects.map((content) => text(content.replaceAll(/\{(\d?)\}/g, fill)))
    }
    case 'replace': {
      const [from, to] = given.map((part) => textsOf(inner(part))[0])
      if (from === undefined || to === undefined) return []
      return objects.map((content) => text(content.replaceAll(from, () => to)))
    }
    case 'expanduser':
    case 'resolve':
    case 'absolute':
      return objects.map(text)
    case 'joinpath':
      return joinPaths([objects.map(text), ...given.map(inner)])
    case 'lower':
      return objects.map((content) => text(content.toLowerCase()))
    case 'join': {
      if (argument === undefined) return []
      const items = itemsOf(argument, bindings)
      if (items === undefined) return inner(argument)
      const [separator = ''] = objects
      const pieces = items.map((part) => textsOf(inner(part))[0])
      return pieces.every((piece) => piece !== undefined) ? [text(pieces.join(separator))] : []
    }
    default:
      return []
  }
}

export function joinPaths(parts: readonly (readonly Value[])[]): readonly Value[] {
  const [first = [], ...rest] = parts
  return rest.reduce((left, right) => concatenate(concatenate(left, [text('/')]), right), first)
}

/** The items of a list or tuple that is written out, here or where it was given its name. */
export function itemsOf(node: SyntaxNode | undefined, bindings: Bindings): readonly SyntaxNode[] | undefined {
  if (node === undefined) return undefined
  if (node.type === 'list' || node.type === 'tuple') return partsOf(node)
  if (node.type !== 'identifier') return undefined
  const bound = bindings
    .of(node.text)
    .find((value) => isNode(value) && (value.type === 'list' || value.type === 'tuple'))
  return bound !== undefined && isNode(bound) ? partsOf(bound) : undefined
}
