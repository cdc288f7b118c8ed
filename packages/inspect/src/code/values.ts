import type { SyntaxNode } from './syntax-node.ts'

/**
 * What an expression may stand for: a constant text, or something that can be named whatever way the code took to get hold of it
 * (`os.system`, `builtins.eval`, `pathlib.Path()`).
 */
export type Value = { readonly text: string } | { readonly name: string }

const maxText = 20_000
const maxValues = 8

export function textsOf(values: readonly Value[]): readonly string[] {
  const texts: string[] = []
  for (const value of values) if ('text' in value) texts.push(value.text)
  return texts
}

export function namesOf(values: readonly Value[]): readonly string[] {
  const names: string[] = []
  for (const value of values) if ('name' in value) names.push(value.name)
  return names
}

export function text(content: string): Value {
  return { text: content.slice(0, maxText) }
}

/** Every text of the left followed by every text of the right. */
export function concatenate(left: readonly Value[], right: readonly Value[]): readonly Value[] {
  return few(textsOf(left).flatMap((first) => textsOf(right).map((second) => text(first + second))))
}

export function few<Item>(items: readonly Item[]): readonly Item[] {
  return items.slice(0, maxValues)
}

/** What names were given to. The order of assignments is not known, so a name stands for all that was ever assigned to it. */
export interface Bindings {
  readonly add: (name: string, value: SyntaxNode | Value) => void
  readonly of: (name: string) => readonly (SyntaxNode | Value)[]
}

export function createBindings(): Bindings {
  const bound = new Map<string, (SyntaxNode | Value)[]>()
  return {
    add: (name, value) => {
      const values = bound.get(name)
      if (values === undefined) bound.set(name, [value])
      else if (values.length < maxValues) values.push(value)
    },
    of: (name) => bound.get(name) ?? [],
  }
}

export function isNode(value: SyntaxNode | Value): value is SyntaxNode {
  return 'type' in value
}

/** The number that a literal writes, in any of the notations of Python and JavaScript. */
export function numberOf(literal: string): number | undefined {
  const number = Number(literal.replaceAll('_', ''))
  return Number.isFinite(number) ? number : undefined
}

export function reversed(content: string): string {
  return Array.from(content).toReversed().join('')
}

export function fromBase64(content: string): string {
  return Buffer.from(content.slice(0, maxText), 'base64').toString('latin1')
}

export function fromHex(content: string): string {
  return Buffer.from(content.slice(0, maxText), 'hex').toString('latin1')
}
