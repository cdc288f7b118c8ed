import type { Budget } from '../budget.ts'
import type { Value } from './values.ts'
import type { SyntaxNode } from './syntax-node.ts'

const maxDepth = 24

/** Evaluates a part of the expression at hand; a part that is missing stands for nothing. */
export type Inner = (node: SyntaxNode | null | undefined) => readonly Value[]

/** Applies the rules of a language from the outside in, with an end to depth, to circles and to work. */
export function createEvaluator(
  budget: Budget,
  rules: (node: SyntaxNode, inner: Inner) => readonly Value[],
): (node: SyntaxNode) => readonly Value[] {
  const known = new Map<string | number, readonly Value[]>()
  /** What was cut short by a circle, until the evaluation that was asked for is over: else one circle is gone through once for each of its ways. */
  const cut = new Map<string | number, readonly Value[]>()
  /** What is being evaluated, with its depth. */
  const active = new Map<string | number, number>()
  /** How far up a circle led back since the innermost evaluation began; -1 when something was not looked at. */
  let ledBackTo = Number.POSITIVE_INFINITY

  const evaluate = (node: SyntaxNode, depth: number): readonly Value[] => {
    // A name means the same wherever it stands.
    const key = node.type === 'identifier' ? node.text : node.id
    const before = known.get(key)
    if (before !== undefined) return before
    const shortened = active.has(key) ? undefined : cut.get(key)
    if (shortened !== undefined) {
      ledBackTo = Math.min(ledBackTo, 0)
      return shortened
    }
    const circle = active.get(key)
    if (circle !== undefined || depth > maxDepth || !budget.step()) {
      ledBackTo = Math.min(ledBackTo, circle ?? -1)
      return []
    }
    const outer = ledBackTo
    ledBackTo = Number.POSITIVE_INFINITY
    active.set(key, depth)
    const values = rules(node, (part) => (part === null || part === undefined ? [] : evaluate(part, depth + 1)))
    active.delete(key)
    // What was cut short by a circle through something further out may be more when it is asked for elsewhere.
    const isWhole = ledBackTo >= depth
    if (isWhole) known.set(key, values)
    else cut.set(key, values)
    ledBackTo = isWhole ? outer : Math.min(outer, ledBackTo)
    return values
  }
  return (node) => {
    const values = evaluate(node, 0)
    if (active.size === 0) cut.clear()
    return values
  }
}
