import type { SyntaxNode } from './syntax-node.ts'
import { type Bindings, isNode, namesOf, type Value } from './values.ts'

interface Values {
  readonly evaluate: (node: SyntaxNode) => readonly Value[]
  readonly bindings: Bindings
}

const maxSteps = 8
const maxParts = 16

/** Whether a node, a part of it or what one of its names was given is such a source; each is looked at once, the nearest first. */
export function comesFrom(node: SyntaxNode, { bindings }: Values, isSource: (node: SyntaxNode) => boolean): boolean {
  const seen = new Set([node.id])
  let nodes: readonly SyntaxNode[] = [node]
  for (let step = 0; step <= maxSteps && nodes.length > 0; step++) {
    if (nodes.some(isSource)) return true
    const next: SyntaxNode[] = []
    for (const each of nodes) {
      const followed =
        each.type === 'identifier' ? bindings.of(each.text).filter(isNode) : each.namedChildren.slice(0, maxParts)
      for (const part of followed) {
        if (seen.has(part.id)) continue
        seen.add(part.id)
        next.push(part)
      }
    }
    nodes = next
  }
  return false
}

/** What a call may call; nothing for another node. */
export function calledNames(node: SyntaxNode, { evaluate }: Values): readonly string[] {
  const callee = node.type === 'call' || node.type === 'call_expression' ? node.childForFieldName('function') : null
  return callee === null ? [] : namesOf(evaluate(callee))
}
