import { methodOf, plainFunction } from './python-functions.ts'
import {
  type AddConstant,
  type ConstantRules,
  type ConstantSources,
  type ConstantTools,
  createConstants,
  type Environment,
  outside,
} from './constant-evaluator.ts'
import { arithmetic, type Constant, itemsOf, maxItems, sliceOf, textOf } from './constants.ts'
import type { SyntaxNode } from './syntax-node.ts'
import { type Bindings, isNode, namesOf, textsOf } from './values.ts'
import { partsOf } from './walk.ts'

const computed = new Set(['call', 'subscript', 'binary_operator', 'string', 'concatenated_string'])

/** Computes what needs nothing but constants, as the interpreter would: comprehensions, arithmetic, decoding. `undefined`: it needs more. */
export function pythonConstants(sources: ConstantSources): AddConstant {
  return createConstants(sources, (tools) => pythonRules(sources.bindings, tools))
}

function pythonRules(bindings: Bindings, { compute, evaluate, nameOf }: ConstantTools): ConstantRules {
  const rules = (node: SyntaxNode, env: Environment): Constant | undefined => {
    switch (node.type) {
      case 'integer':
        return integerOf(node.text)
      case 'string':
      case 'concatenated_string':
        return stringOf(node, env)
      case 'identifier':
        return env.get(node.text) ?? nameOf(node.text)
      case 'parenthesized_expression':
        return compute(partsOf(node)[0], env)
      case 'list':
      case 'tuple':
      case 'set':
        return all(partsOf(node), env)
      case 'list_comprehension':
      case 'generator_expression':
      case 'set_comprehension':
        return comprehended(node, env)
      case 'unary_operator': {
        const value = compute(node.childForFieldName('argument'), env)
        if (typeof value !== 'number') return undefined
        return node.text.startsWith('-') ? -value : node.text.startsWith('~') ? ~value : value
      }
      case 'binary_operator':
        return operated(node, env)
      case 'subscript':
        return subscripted(node, env)
      case 'call':
        return called(node, env)
      default:
        return undefined
    }
  }

  const all = (nodes: readonly SyntaxNode[], env: Environment): readonly Constant[] | undefined => {
    const items: Constant[] = []
    for (const node of nodes.slice(0, maxItems)) {
      const item = compute(node, env)
      if (item === undefined) return undefined
      items.push(item)
    }
    return items
  }

  const stringOf = (node: SyntaxNode, env: Environment): Constant | undefined => {
    const substituted = node.descendantsOfType('interpolation')
    if (env.size > 0 && substituted.length === 1 && /^[fF]["']\{[^{}]*\}["']$/.test(node.text)) {
      const value = compute(substituted[0]?.childForFieldName('expression'), env)
      return value === undefined ? undefined : textOf(value)
    }
    const [content] = textsOf(evaluate(node))
    if (content === undefined) return undefined
    return /^[rR]?[bB]/.test(node.text) ? { bytes: content } : content
  }

  const roundsOf = (node: SyntaxNode): readonly Environment[] => {
    for (let outer = node.parent; outer !== null; outer = outer.parent) {
      if (outer.type === 'function_definition' || outer.type === 'while_statement') return [outside]
      if (outer.type !== 'for_statement') continue
      const items = itemsOf(compute(outer.childForFieldName('right'), outside))
      const target = outer.childForFieldName('left')
      return items === undefined || target === null ? [outside] : items.map((item) => bound(outside, target, item))
    }
    return [outside]
  }

  const bound = (env: Environment, target: SyntaxNode, item: Constant): Environment => {
    if (target.type === 'identifier') return new Map([...env, [target.text, item]])
    const items = itemsOf(item)
    if (items === undefined) return env
    return partsOf(target).reduce((inner, part, index) => {
      const value = items[index]
      return value === undefined ? inner : bound(inner, part, value)
    }, env)
  }

  const comprehended = (node: SyntaxNode, env: Environment): readonly Constant[] | undefined => {
    const clauses = node.namedChildren.filter(({ type }) => type === 'for_in_clause')
    if (clauses.length === 0 || node.namedChildren.some(({ type }) => type === 'if_clause')) return undefined
    let rounds: readonly Environment[] = [env]
    for (const clause of clauses) {
      const target = clause.childForFieldName('left')
      const next: Environment[] = []
      for (const round of rounds) {
        const items = itemsOf(compute(clause.childForFieldName('right'), round))
        if (items === undefined || target === null || next.length + items.length > maxItems) return undefined
        for (const item of items) next.push(bound(round, target, item))
      }
      rounds = next
    }
    const results: Constant[] = []
    for (const round of rounds) {
      const value = compute(node.childForFieldName('body'), round)
      if (value === undefined) return undefined
      results.push(value)
    }
    return results
  }

  const operated = (node: SyntaxNode, env: Environment): Constant | undefined => {
    const left = compute(node.childForFieldName('left'), env)
    const right = left === undefined ? undefined : compute(node.childForFieldName('right'), env)
    if (left === undefined || right === undefined) return undefined
    const operator = node.childForFieldName('operator')?.text ?? ''
    if (operator === '%' && typeof left === 'string') {
      const items = Array.isArray(right) ? right : [right]
      let next = 0
      return left.replaceAll(/%[sdc]/g, (hole) => {
        const item = items[next++]
        if (hole === '%c' && typeof item === 'number') return String.fromCharCode(item)
        return item === undefined ? '' : (textOf(item) ?? '')
      })
    }
    return arithmetic(operator, left, right)
  }

  const subscripted = (node: SyntaxNode, env: Environment): Constant | undefined => {
    const object = node.childForFieldName('value')
    const [index] = node.childrenForFieldName('subscript')
    if (object === null || index === undefined) return undefined
    const value = compute(object, env)
    if (index.type === 'slice') {
      const bounds = /^([^:]*):([^:]*)(?::([^:]*))?$/.exec(index.text)
      if (value === undefined || bounds === null) return undefined
      const [from, to, step] = bounds
        .slice(1)
        .map((part) => (part === undefined || part.trim() === '' ? undefined : Number(part)))
      return [from, to, step].some(Number.isNaN) ? undefined : sliceOf(value, { from, to, step })
    }
    const items = itemsOf(value)
    const at = items === undefined ? undefined : compute(index, env)
    return typeof at === 'number' ? items?.at(at) : undefined
  }

  const called = (node: SyntaxNode, env: Environment): Constant | undefined => {
    const callee = node.childForFieldName('function')
    const list = node.childForFieldName('arguments')
    if (callee === null || list === null) return undefined
    const nodes =
      list.type === 'generator_expression' ? [list] : partsOf(list).filter(({ type }) => type !== 'keyword_argument')
    const lambda = callee.type === 'identifier' ? lambdaOf(callee.text) : callee
    const given = () => all(nodes, env)
    if (lambda?.type === 'lambda' || lambda?.type === 'parenthesized_expression') return applied(lambda, given())
    for (const name of namesOf(evaluate(callee))) {
      const result = functionOf(name, nodes, { env, given })
      if (result !== undefined) return result
    }
    if (callee.type !== 'attribute') return undefined
    const object = compute(callee.childForFieldName('object'), env)
    const values = object === undefined ? undefined : given()
    return object === undefined || values === undefined
      ? undefined
      : methodOf(object, callee.childForFieldName('attribute')?.text ?? '', values)
  }

  const lambdaOf = (name: string): SyntaxNode | undefined => {
    const [value, ...others] = bindings.of(name)
    return value !== undefined && others.length === 0 && isNode(value) && value.type === 'lambda' ? value : undefined
  }

  const applied = (lambda: SyntaxNode, given: readonly Constant[] | undefined): Constant | undefined => {
    const inner = lambda.type === 'parenthesized_expression' ? partsOf(lambda)[0] : lambda
    if (inner?.type !== 'lambda' || given === undefined) return undefined
    const parameters = inner.childForFieldName('parameters')
    const env = parameters === null ? outside : bound(outside, parameters, given)
    return compute(inner.childForFieldName('body'), env)
  }

  const functionOf = (
    name: string,
    nodes: readonly SyntaxNode[],
    { env, given }: { readonly env: Environment; readonly given: () => readonly Constant[] | undefined },
  ): Constant | undefined => {
    if (name === 'builtins.map') {
      const [mapper, source] = nodes
      const items = itemsOf(compute(source, env))
      if (mapper === undefined || items === undefined) return undefined
      const lambda = mapper.type === 'identifier' ? (lambdaOf(mapper.text) ?? mapper) : mapper
      const results = items.map((item) =>
        lambda.type === 'lambda'
          ? applied(lambda, [item])
          : namesOf(evaluate(mapper))
              .map((each) => plainFunction(each, [item]))
              .find((value) => value !== undefined),
      )
      return results.every((result) => result !== undefined) ? results : undefined
    }
    const values = given()
    return values === undefined ? undefined : plainFunction(name, values)
  }

  return { computed, rules, roundsOf }
}

function integerOf(literal: string): number | undefined {
  const number = Number(literal.replaceAll('_', '').replace(/^0+(?=\d)/, ''))
  return Number.isSafeInteger(number) ? number : undefined
}
