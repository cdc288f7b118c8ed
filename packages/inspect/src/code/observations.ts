import type { Observation } from '../report.ts'
import { commandScript, inspectCommand } from './commands.ts'
import type { Grammar } from './grammars.ts'
import { inspectText } from './paths.ts'
import type { Sink } from './sinks.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'
import { lineOf } from './walk.ts'

/** Code within code: a constant that is handed to an interpreter. */
export interface NestedCode {
  readonly grammar: Grammar
  readonly text: string
  readonly line: number
}

export interface Observed {
  readonly observations: readonly Observation[]
  readonly nested: readonly NestedCode[]
}

export interface Observations {
  readonly add: (sink: Sink, node: SyntaxNode) => void
  /** Looks at a constant that the code contains or builds. */
  readonly addText: (content: string, node: SyntaxNode) => void
  /** Looks at a command that the code starts, and at what that command interprets. */
  readonly addCommand: (words: readonly string[], node: SyntaxNode) => void
  /** Looks, later, at a constant that an interpreter is given. */
  readonly addCode: (grammar: Grammar, text: string, node: SyntaxNode) => void
  readonly has: (sink: Sink) => boolean
  readonly all: () => Observed
}

/** For each code, so that a flood of one hides no other. */
const maxLinesPerCode = 20
const maxNested = 50

/** Collects, once for each code and line, with the whole line as evidence, and a limited number of lines for each code. */
export function createObservations(tree: SyntaxTree): Observations {
  const lines = tree.text.split('\n')
  const found = new Map<string, Map<number, Observation>>()
  const nested = new Map<string, NestedCode>()
  const add = (observation: Observation) => {
    const lines = found.get(observation.code) ?? new Map<number, Observation>()
    found.set(observation.code, lines)
    const line = observation.line ?? 0
    if (!lines.has(line) && lines.size < maxLinesPerCode) lines.set(line, observation)
  }
  const addSink = (sink: Sink, node: SyntaxNode) => {
    add({ ...sink, line: lineOf(node), seen: lines[node.row] ?? '' })
  }
  const addCode = (grammar: Grammar, text: string, node: SyntaxNode) => {
    if (nested.size < maxNested) nested.set(`${grammar} ${text}`, { grammar, text, line: lineOf(node) })
  }
  return {
    add: addSink,
    addText: (content, node) => {
      for (const observation of inspectText(content)) add({ ...observation, line: lineOf(node) })
    },
    addCommand: (words, node) => {
      for (const sink of inspectCommand(words)) addSink(sink, node)
      const script = commandScript(words)
      if (script !== undefined) addCode(script.grammar, script.text, node)
    },
    addCode,
    has: ({ code }) => found.has(code),
    all: () => ({
      observations: Array.from(found.values(), (lines) => Array.from(lines.values())).flat(),
      nested: [...nested.values()],
    }),
  }
}
