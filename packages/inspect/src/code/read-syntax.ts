import type { Tree } from 'web-tree-sitter'
import type { Budget } from '../budget.ts'
import type { Vocabulary } from './grammars.ts'
import { SyntaxNode, type SyntaxTree } from './syntax-node.ts'

/** What the parser could make nothing of. */
const fault = { type: 'ERROR', isNamed: true, isNoise: false }
/** So many nodes fit well into the memory that inspection is given. */
const maxNodes = 400_000

/** Copies what has a meaning in a tree in one pass, as far as the budget reaches. */
export function readSyntax(tree: Tree, text: string, { types, fields }: Vocabulary, budget: Budget): SyntaxTree {
  const cursor = tree.walk()
  const syntax: SyntaxTree = { text, nodes: [], isWhole: false }
  const lines = lineCounter(text)
  const path: SyntaxNode[] = []
  try {
    for (;;) {
      if (syntax.nodes.length >= maxNodes || !budget.step()) return syntax
      const { type, isNamed, isNoise } = types[cursor.nodeTypeId] ?? fault
      if (!isNoise) {
        const start = cursor.startIndex
        const field = fields[cursor.currentFieldId] ?? null
        const facts = { type, isNamed, field, start, end: cursor.endIndex, row: lines(start) }
        const node = new SyntaxNode(syntax, path.at(-1) ?? null, facts)
        if (cursor.gotoFirstChild()) {
          path.push(node)
          continue
        }
      }
      while (!cursor.gotoNextSibling()) {
        if (!cursor.gotoParent()) {
          syntax.isWhole = true
          return syntax
        }
        path.pop()
      }
    }
  } finally {
    cursor.delete()
  }
}

/** Counts the lines before ever later offsets. */
function lineCounter(text: string): (offset: number) => number {
  let row = 0
  let next = text.indexOf('\n')
  return (offset) => {
    while (next !== -1 && next < offset) {
      row++
      next = text.indexOf('\n', next + 1)
    }
    return row
  }
}
