import { memberOf } from './python-bindings.ts'
import type { Inner } from './evaluator.ts'
import type { SyntaxNode } from './syntax-node.ts'
import { type Bindings, few, isNode, namesOf, numberOf, reversed, text, textsOf, type Value } from './values.ts'
import { partsOf } from './walk.ts'

/** The entries of a dictionary that is written out, here or where it was given its name; all of them when the key is not known. */
export function entriesOf(
  object: SyntaxNode,
  key: SyntaxNode | undefined,
  inner: Inner,
  bindings: Bindings,
): readonly Value[] {
  const dictionary = [object, ...(object.type === 'identifier' ? bindings.of(object.text).filter(isNode) : [])].find(
    ({ type }) => type === 'dictionary',
  )
  if (dictionary === undefined) return []
  const keys = key === undefined ? [] : textsOf(inner(key))
  const pairs = partsOf(dictionary)
    .filter(({ type }) => type === 'pair')
    .slice(0, maxEntries)
  const wanted = pairs.filter(
    (pair) => keys.length === 0 || textsOf(inner(pair.childForFieldName('key'))).some((name) => keys.includes(name)),
  )
  return few(wanted.flatMap((pair) => inner(pair.childForFieldName('value'))))
}

const maxEntries = 64

export function subscriptValues(node: SyntaxNode, inner: Inner, bindings: Bindings): readonly Value[] {
  const object = node.childForFieldName('value')
  const [index] = node.childrenForFieldName('subscript')
  if (object === null || index === undefined) return []
  const entries = entriesOf(object, index, inner, bindings)
  if (entries.length > 0) return entries
  const objects = inner(object)
  if (index.type === 'slice') return textsOf(objects).flatMap((content) => slice(content, index.text))
  if (object.type === 'list' || object.type === 'tuple') return inner(partsOf(object)[numberOf(index.text) ?? -1])
  // `sys.modules["os"]` is a way to say `os`.
  return few(
    textsOf(inner(index)).flatMap((member) =>
      namesOf(objects).includes('sys.modules') ? [{ name: member }] : memberOf(objects, member),
    ),
  )
}

function slice(content: string, bounds: string): readonly Value[] {
  const [, from = '', to = '', step = ''] = /^\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d*))?\s*$/.exec(bounds) ?? []
  if (step === '-1' && from === '' && to === '') return [text(reversed(content))]
  if (step !== '' && step !== '1' && step !== '2') return []
  const part = content.slice(from === '' ? 0 : Number(from), to === '' ? undefined : Number(to))
  return [
    text(
      step === '2'
        ? Array.from(part)
            .filter((_, index) => index % 2 === 0)
            .join('')
        : part,
    ),
  ]
}
