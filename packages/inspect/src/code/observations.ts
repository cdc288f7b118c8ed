import type { Observation } from '../report.ts'
import { inspectText } from './paths.ts'
import { lineOf } from './walk.ts'
import type { Sink } from './sinks.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'

export interface Observations {
  readonly add: (sink: Sink, node: SyntaxNode) => void
  /** Looks at a constant that the code contains or builds. */
  readonly addText: (content: string, node: SyntaxNode) => void
  readonly all: () => readonly Observation[]
}

/** For each code, so that a flood of one hides no other. */
const maxLinesPerCode = 20

/** Collects, once for each code and line, with the whole line as evidence, and a limited number of lines for each code. */
export function createObservations(tree: SyntaxTree): Observations {
  const lines = tree.text.split('\n')
  const found = new Map<string, Map<number, Observation>>()
  const add = (observation: Observation) => {
    const lines = found.get(observation.code) ?? new Map<number, Observation>()
    found.set(observation.code, lines)
    const line = observation.line ?? 0
    if (!lines.has(line) && lines.size < maxLinesPerCode) lines.set(line, observation)
  }
  return {
    add: (sink, node) => {
      add({ ...sink, line: lineOf(node), seen: lines[node.row] ?? '' })
    },
    addText: (content, node) => {
      for (const observation of inspectText(content)) add({ ...observation, line: lineOf(node) })
    },
    all: () => Array.from(found.values(), (lines) => Array.from(lines.values())).flat(),
  }
}
