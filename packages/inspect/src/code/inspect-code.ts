import type { Node, Tree } from 'web-tree-sitter'
import type { Budget } from '../budget.ts'
import type { Observation } from '../report.ts'
import { inspectBash } from './bash.ts'
import { type Grammar, loadGrammar } from './grammars.ts'
import { inspectJavascript } from './javascript.ts'
import { inspectPython } from './python.ts'
import type { NestedCode } from './observations.ts'
import { readSyntax } from './read-syntax.ts'
import type { SyntaxTree } from './syntax-node.ts'

const maxCharacters = 1024 * 1024

const inspectors = {
  python: inspectPython,
  javascript: inspectJavascript,
  typescript: inspectJavascript,
  tsx: inspectJavascript,
  bash: inspectBash,
} as const

/** Code within code within code. */
const maxDepth = 4

/** What code does that matters for where it may run. Code that cannot be parsed counts as risky. */
export async function inspectCode(
  grammar: Grammar,
  code: string,
  budget: Budget,
  depth = 0,
): Promise<readonly Observation[]> {
  const { parser, vocabulary } = await loadGrammar(grammar)
  const whole = grammar === 'python' ? asPythonReads(code) : code
  const text = whole.slice(0, maxCharacters)
  // The type says void, but the parser stops when the callback returns true.
  const stop = (): boolean => budget.isSpent()
  const tree = parser.parse(text, null, { progressCallback: stop })
  if (tree === null) {
    parser.reset()
    return [incomplete('It took too long to parse.', code)]
  }
  try {
    const syntax = readSyntax(tree, text, vocabulary, budget)
    const { observations, nested } = inspectors[grammar](syntax, budget)
    return [
      ...(text.length < whole.length
        ? [incomplete(`Only the first ${maxCharacters} characters were inspected.`, code)]
        : []),
      ...(budget.isSpent() || !syntax.isWhole ? [incomplete('It took too long to inspect.', code)] : []),
      ...(tree.rootNode.hasError ? [unparsable(tree, syntax)] : []),
      ...observations,
      ...(await inspectNested(nested, budget, depth + 1)),
    ]
  } finally {
    tree.delete()
  }
}

/** For Python `ｏ` and `𝓸` are the name `o`. */
function asPythonReads(code: string): string {
  return code.replaceAll(/[^\p{ASCII}\s]+/gu, (letters) => {
    const read = letters.normalize('NFKC')
    return /^\w+$/.test(read) ? read : letters
  })
}

/** What nested code does happens at the line that runs it. */
async function inspectNested(
  nested: readonly NestedCode[],
  budget: Budget,
  depth: number,
): Promise<readonly Observation[]> {
  const all: Observation[] = []
  for (const { grammar, text, line } of nested) {
    if (depth > maxDepth || budget.isSpent()) return [...all, { ...incomplete('It nests too deep.', text), line }]
    const inner = await inspectCode(grammar, text, budget, depth)
    for (const observation of inner) all.push({ ...observation, line })
  }
  return all
}

function incomplete(message: string, code: string): Observation {
  return { code: 'inspection.incomplete', severity: 'risky', message, seen: code }
}

function unparsable(tree: Tree, { nodes }: SyntaxTree): Observation {
  const error = nodes.find(({ type }) => type === 'ERROR')
  const { row, text } = error ?? firstMissing(tree)
  return {
    code: 'code.unparsable',
    severity: 'risky',
    message: 'It does not parse, so what it does is not known.',
    line: row + 1,
    seen: text,
  }
}

/** Where something should stand that does not. */
function firstMissing(tree: Tree): { readonly row: number; readonly text: string } {
  let node = tree.rootNode
  for (;;) {
    const inner: Node | undefined = node.children.find((child) => child.hasError || child.isMissing)
    if (inner === undefined) return { row: node.startPosition.row, text: node.text }
    node = inner
  }
}
