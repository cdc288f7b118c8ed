import type { Budget } from '../budget.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'

/** Visits the nodes of these types in the order of the text, as far as the budget reaches. */
export function walk(
  { nodes }: SyntaxTree,
  types: ReadonlySet<string>,
  budget: Budget,
  visit: (node: SyntaxNode) => void,
): void {
  for (const node of nodes) {
    if (!budget.step()) return
    if (types.has(node.type)) visit(node)
  }
}

export function lineOf(node: SyntaxNode): number {
  return node.row + 1
}

/** The children that carry meaning; comments left out. */
export function partsOf(node: SyntaxNode): readonly SyntaxNode[] {
  return node.namedChildren.filter((child) => child.type !== 'comment')
}

export function hasAncestor(node: SyntaxNode, test: (ancestor: SyntaxNode) => boolean): boolean {
  let ancestor = node.parent
  while (ancestor !== null) {
    if (test(ancestor)) return true
    ancestor = ancestor.parent
  }
  return false
}
