import type { Node } from 'web-tree-sitter'
import type { Budget } from '../budget.ts'

/** Visits the nodes of these types in the order of the text, as far as the budget reaches. */
export function walk(root: Node, types: ReadonlySet<string>, budget: Budget, visit: (node: Node) => void): void {
  const cursor = root.walk()
  try {
    for (;;) {
      if (!budget.step()) return
      if (types.has(cursor.nodeType)) visit(cursor.currentNode)
      if (cursor.gotoFirstChild()) continue
      while (!cursor.gotoNextSibling()) {
        if (!cursor.gotoParent()) return
      }
    }
  } finally {
    cursor.delete()
  }
}

export function lineOf(node: Node): number {
  return node.startPosition.row + 1
}

/** The children that carry meaning; comments left out. */
export function partsOf(node: Node): readonly Node[] {
  return node.namedChildren.filter((child) => child.type !== 'comment')
}

export function hasAncestor(node: Node, test: (ancestor: Node) => boolean): boolean {
  let ancestor = node.parent
  while (ancestor !== null) {
    if (test(ancestor)) return true
    ancestor = ancestor.parent
  }
  return false
}
