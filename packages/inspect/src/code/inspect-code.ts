import type { Node, Tree } from 'web-tree-sitter'
import type { Budget } from '../budget.ts'
import type { Observation } from '../report.ts'
import { inspectBash } from './bash.ts'
import { type Grammar, parserFor } from './grammars.ts'
import { inspectJavascript } from './javascript.ts'
import { inspectPython } from './python.ts'

const maxCharacters = 1024 * 1024

const inspectors = {
  python: inspectPython,
  javascript: inspectJavascript,
  typescript: inspectJavascript,
  tsx: inspectJavascript,
  bash: inspectBash,
} as const

/** What code does that matters for where it may run. Code that cannot be parsed counts as risky. */
export async function inspectCode(grammar: Grammar, code: string, budget: Budget): Promise<readonly Observation[]> {
  const parser = await parserFor(grammar)
  const text = code.slice(0, maxCharacters)
  // The type says void, but the parser stops when the callback returns true.
  const stop = (): boolean => budget.isSpent()
  const tree = parser.parse(text, null, { progressCallback: stop })
  if (tree === null) {
    parser.reset()
    return [incomplete('It took too long to parse.')]
  }
  try {
    const observations = inspectors[grammar](tree.rootNode, budget)
    return [
      ...(text.length < code.length ? [incomplete(`Only the first ${maxCharacters} characters were inspected.`)] : []),
      ...(budget.isSpent() ? [incomplete('It took too long to inspect.')] : []),
      ...(tree.rootNode.hasError ? [unparsable(tree)] : []),
      ...observations,
    ]
  } finally {
    tree.delete()
  }
}

function incomplete(message: string): Observation {
  return { code: 'inspection.incomplete', severity: 'risky', message }
}

function unparsable(tree: Tree): Observation {
  const fault = firstFault(tree.rootNode)
  return {
    code: 'code.unparsable',
    severity: 'risky',
    message: 'It does not parse, so what it does is not known.',
    line: fault.startPosition.row + 1,
    seen: fault.text,
  }
}

function firstFault(root: Node): Node {
  let node = root
  for (;;) {
    if (node.isError || node.isMissing) return node
    const inner = node.children.find((child) => child.hasError || child.isMissing)
    if (inner === undefined) return node
    node = inner
  }
}
