import type { Budget } from '../budget.ts'
import { arithmetic, type Constant, textOf } from './constants.ts'
import type { Inner } from './evaluator.ts'
import type { SyntaxNode } from './syntax-node.ts'
import { type Bindings, few, isNode, text, textsOf, type Value } from './values.ts'

/** What names stand for in one round of a loop or one call. */
export type Environment = ReadonlyMap<string, Constant>

/** Outside of loops and calls. */
export const outside: Environment = new Map()

export interface ConstantSources {
  readonly bindings: Bindings
  /** What is added to a name after it was given something, in order. */
  readonly additions: ReadonlyMap<string, readonly SyntaxNode[]>
  readonly budget: Budget
}

export interface ConstantRules {
  /** The nodes that are worth computing where nothing else gives their text. */
  readonly computed: ReadonlySet<string>
  /** What a node computes; `undefined`: it needs more than constants. */
  readonly rules: (node: SyntaxNode, env: Environment) => Constant | undefined
  /** What the names of the loop around a node stand for, round by round. */
  readonly roundsOf: (node: SyntaxNode) => readonly Environment[]
}

export interface ConstantTools {
  readonly compute: (node: SyntaxNode | null | undefined, env: Environment) => Constant | undefined
  /** What the rules for names know of an expression. */
  readonly evaluate: Inner
  /** A name that is given one thing only, with what is added to it later. */
  readonly nameOf: (name: string) => Constant | undefined
}

const maxDepth = 40

/** Puts what is computed from nothing but constants before what else is known of a node. */
export type AddConstant = (node: SyntaxNode, known: readonly Value[], inner: Inner) => readonly Value[]

/** Computes what needs nothing but constants by the rules of a language, with an end to depth, to circles and to work. */
export function createConstants(
  { bindings, additions, budget }: ConstantSources,
  rulesOf: (tools: ConstantTools) => ConstantRules,
): AddConstant {
  let evaluate: Inner = () => []
  const active = new Set<string>()
  /** What was computed before, outside of loops. What leads back to itself has no value, wherever one begins. */
  const known = new Map<number, Constant | undefined>()
  let depth = 0

  const compute = (node: SyntaxNode | null | undefined, env: Environment): Constant | undefined => {
    if (node === null || node === undefined) return undefined
    if (env === outside && known.has(node.id)) return known.get(node.id)
    if (depth > maxDepth || !budget.step()) return undefined
    depth++
    const result = rules(node, env)
    depth--
    if (env === outside) known.set(node.id, result)
    return result
  }

  const nameOf = (name: string): Constant | undefined => {
    const [value, ...others] = bindings.of(name)
    if (value === undefined || others.length > 0 || !isNode(value) || active.has(name)) return undefined
    active.add(name)
    let result = compute(value, outside)
    for (const addition of additions.get(name) ?? []) {
      if (result === undefined) break
      for (const env of roundsOf(addition)) {
        const more: Constant | undefined = result === undefined ? undefined : compute(addition, env)
        result = result === undefined || more === undefined ? undefined : arithmetic('+', result, more)
      }
    }
    active.delete(name)
    return result
  }

  const { computed, rules, roundsOf } = rulesOf({ compute, evaluate: (node) => evaluate(node), nameOf })

  const textIn = (node: SyntaxNode, inner: Inner): string | undefined => {
    const before = evaluate
    evaluate = inner
    const value = compute(node, outside)
    evaluate = before
    return value === undefined || typeof value === 'number' || Array.isArray(value) ? undefined : textOf(value)
  }

  return (node, known, inner) => {
    const isComputed =
      node.type === 'identifier' ? additions.has(node.text) : computed.has(node.type) && textsOf(known).length === 0
    const content = isComputed ? textIn(node, inner) : undefined
    return content === undefined ? known : few([text(content), ...known])
  }
}
