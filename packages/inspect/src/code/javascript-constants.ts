import { methodOf, plainFunction } from './javascript-functions.ts'
import {
  type AddConstant,
  type ConstantRules,
  type ConstantSources,
  type ConstantTools,
  createConstants,
  type Environment,
  outside,
} from './constant-evaluator.ts'
import { arithmetic, type Constant, itemsOf, maxItems, textOf } from './constants.ts'
import type { SyntaxNode } from './syntax-node.ts'
import { type Bindings, isNode, namesOf, numberOf, textsOf } from './values.ts'
import { partsOf } from './walk.ts'

const computed = new Set([
  'call_expression',
  'subscript_expression',
  'binary_expression',
  'template_string',
  'new_expression',
])

/** Computes what needs nothing but constants, as the engine would: arrays and what is done with each item, arithmetic, decoding. */
export function javascriptConstants(sources: ConstantSources): AddConstant {
  return createConstants(sources, (tools) => javascriptRules(sources.bindings, tools))
}

function javascriptRules(bindings: Bindings, { compute, evaluate, nameOf }: ConstantTools): ConstantRules {
  const rules = (node: SyntaxNode, env: Environment): Constant | undefined => {
    switch (node.type) {
      case 'number':
        return numberOf(node.text)
      case 'string':
        return textsOf(evaluate(node))[0]
      case 'template_string':
        return templateOf(node, env)
      case 'identifier':
        return env.get(node.text) ?? nameOf(node.text)
      case 'parenthesized_expression':
      case 'as_expression':
      case 'non_null_expression':
        return compute(partsOf(node)[0], env)
      case 'array':
        return all(partsOf(node).slice(0, maxItems), env)
      case 'unary_expression': {
        const value = compute(node.childForFieldName('argument'), env)
        if (node.text.startsWith('+')) return numberOf(value === undefined ? 'x' : (textOf(value) ?? 'x'))
        if (typeof value !== 'number') return undefined
        return node.text.startsWith('-') ? -value : node.text.startsWith('~') ? ~value : undefined
      }
      case 'binary_expression': {
        const left = compute(node.childForFieldName('left'), env)
        const right = left === undefined ? undefined : compute(node.childForFieldName('right'), env)
        return left === undefined || right === undefined
          ? undefined
          : arithmetic(node.childForFieldName('operator')?.text ?? '', left, right)
      }
      case 'subscript_expression': {
        const items = itemsOf(compute(node.childForFieldName('object'), env))
        const index = items === undefined ? undefined : compute(node.childForFieldName('index'), env)
        return typeof index === 'number' ? items?.[index] : undefined
      }
      case 'member_expression':
        return node.childForFieldName('property')?.text === 'length'
          ? itemsOf(compute(node.childForFieldName('object'), env))?.length
          : undefined
      case 'call_expression':
        return called(node, env)
      case 'new_expression': {
        const [first] = given(node, env) ?? []
        return node.childForFieldName('constructor')?.text === 'Uint8Array' ? first : undefined
      }
      default:
        return undefined
    }
  }

  const templateOf = (node: SyntaxNode, env: Environment): string | undefined => {
    if (!partsOf(node).some(({ type }) => type === 'template_substitution')) return textsOf(evaluate(node))[0]
    let whole = ''
    for (const part of partsOf(node)) {
      if (part.type === 'escape_sequence') return undefined
      const value = part.type === 'template_substitution' ? compute(partsOf(part)[0], env) : part.text
      if (value === undefined) return undefined
      whole += textOf(value) ?? ''
    }
    return whole
  }

  /** The values of all, what is spread among them included. */
  const all = (nodes: readonly SyntaxNode[], env: Environment): readonly Constant[] | undefined => {
    const values: Constant[] = []
    for (const node of nodes) {
      const spread = node.type === 'spread_element' ? itemsOf(compute(partsOf(node)[0], env)) : undefined
      const value = node.type === 'spread_element' ? undefined : compute(node, env)
      if (spread !== undefined) values.push(...spread)
      else if (value !== undefined) values.push(value)
      else return undefined
    }
    return values
  }

  const roundsOf = (node: SyntaxNode): readonly Environment[] => {
    for (let outer = node.parent; outer !== null; outer = outer.parent) {
      if (outer.type !== 'for_in_statement') continue
      const name = outer.childForFieldName('left')?.text
      const items = itemsOf(compute(outer.childForFieldName('right'), outside))
      return name === undefined || items === undefined ? [outside] : items.map((item) => new Map([[name, item]]))
    }
    return [outside]
  }

  const given = (node: SyntaxNode, env: Environment): readonly Constant[] | undefined => {
    const list = node.childForFieldName('arguments')
    return list?.type === 'arguments' ? all(partsOf(list), env) : undefined
  }

  const called = (node: SyntaxNode, env: Environment): Constant | undefined => {
    const callee = node.childForFieldName('function')
    if (callee === null) return undefined
    const [first, second] = partsOf(node.childForFieldName('arguments') ?? node)
    const method = callee.type === 'member_expression' ? (callee.childForFieldName('property')?.text ?? '') : ''
    if (method === 'map' || method === 'from') {
      const isFrom = method === 'from'
      const items = itemsOf(compute(isFrom ? first : callee.childForFieldName('object'), env))
      const mapper = isFrom ? second : first
      if (items !== undefined && mapper !== undefined) return mapped(items, mapper, env)
    }
    if (method === 'reduce') {
      const items = itemsOf(compute(callee.childForFieldName('object'), env))
      return first === undefined ? undefined : reduced(items, first, { initial: compute(second, env), env })
    }
    const values = given(node, env)
    if (values === undefined) return undefined
    for (const name of namesOf(evaluate(callee))) {
      const result = plainFunction(name, values)
      if (result !== undefined) return result
    }
    if (callee.type === 'identifier') {
      const own = functionOf(callee)
      if (own !== undefined) return applied(own, values, env)
      return plainFunction(callee.text, values)
    }
    const object = method === '' ? undefined : compute(callee.childForFieldName('object'), env)
    return object === undefined ? undefined : methodOf(object, method, values)
  }

  const functionOf = (node: SyntaxNode): SyntaxNode | undefined => {
    if (node.type !== 'identifier') return node
    return bindings
      .of(node.text)
      .filter(isNode)
      .find(({ type }) => /function|arrow/.test(type))
  }

  /** An arrow function of one expression, or one that returns one. */
  const applied = (callback: SyntaxNode, values: readonly Constant[], env: Environment): Constant | undefined => {
    if (callback.type === 'member_expression' || callback.type === 'identifier') {
      const [name = ''] = namesOf(evaluate(callback))
      return plainFunction(name, values.slice(0, 1))
    }
    const single = callback.childForFieldName('parameter')
    const parameters = single === null ? partsOf(callback.childForFieldName('parameters') ?? callback) : [single]
    const inner = new Map(env)
    for (const [index, parameter] of parameters.entries()) {
      const value = values[index]
      const name = parameter.childForFieldName('pattern') ?? parameter
      if (value !== undefined && name.type === 'identifier') inner.set(name.text, value)
    }
    const body = callback.childForFieldName('body')
    if (body?.type !== 'statement_block') return compute(body, inner)
    const [statement, ...others] = partsOf(body)
    return statement?.type === 'return_statement' && others.length === 0
      ? compute(partsOf(statement)[0], inner)
      : undefined
  }

  const mapped = (
    items: readonly Constant[],
    mapper: SyntaxNode,
    env: Environment,
  ): readonly Constant[] | undefined => {
    const callback = functionOf(mapper) ?? mapper
    const results: Constant[] = []
    for (const [index, item] of items.entries()) {
      const value = applied(callback, [item, index], env)
      if (value === undefined) return undefined
      results.push(value)
    }
    return results
  }

  const reduced = (
    items: readonly Constant[] | undefined,
    reducer: SyntaxNode,
    { initial, env }: { readonly initial: Constant | undefined; readonly env: Environment },
  ): Constant | undefined => {
    if (items === undefined) return undefined
    let result = initial ?? items[0]
    for (const item of initial === undefined ? items.slice(1) : items) {
      result = result === undefined ? undefined : applied(reducer, [result, item], env)
    }
    return result
  }

  return { computed, rules, roundsOf }
}
