import { methodOf, plainFunction } from './javascript-functions.ts'
import type { Budget } from '../budget.ts'
import { arithmetic, type Constant, itemsOf, maxItems, textOf } from './constants.ts'
import type { Inner } from './evaluator.ts'
import type { SyntaxNode } from './syntax-node.ts'
import { type Bindings, isNode, namesOf, numberOf, textsOf } from './values.ts'
import { partsOf } from './walk.ts'

type Environment = ReadonlyMap<string, Constant>

export interface ConstantSources {
  readonly bindings: Bindings
  /** What is added to a name after it was given something, in order. */
  readonly additions: ReadonlyMap<string, readonly SyntaxNode[]>
  readonly budget: Budget
}

const maxDepth = 40
const empty: Environment = new Map()

/** Computes what needs nothing but constants, as the engine would: arrays and what is done with each item, arithmetic, decoding. */
export function javascriptConstants({
  bindings,
  additions,
  budget,
}: ConstantSources): (node: SyntaxNode, inner: Inner) => string | undefined {
  /** What the rules for names know of an expression. */
  let evaluate: Inner = () => []
  const active = new Set<string>()
  /** What was computed before, outside of loops. What leads back to itself has no value, wherever one begins. */
  const known = new Map<number, Constant | undefined>()
  let depth = 0

  const compute = (node: SyntaxNode | null | undefined, env: Environment): Constant | undefined => {
    if (node === null || node === undefined) return undefined
    if (env === empty && known.has(node.id)) return known.get(node.id)
    if (depth > maxDepth || !budget.step()) return undefined
    depth++
    const result = rules(node, env)
    depth--
    if (env === empty) known.set(node.id, result)
    return result
  }

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
        return arrayOf(node, env)
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

  const arrayOf = (node: SyntaxNode, env: Environment): readonly Constant[] | undefined => {
    const items: Constant[] = []
    for (const part of partsOf(node).slice(0, maxItems)) {
      const spread = part.type === 'spread_element' ? itemsOf(compute(partsOf(part)[0], env)) : undefined
      const item = part.type === 'spread_element' ? undefined : compute(part, env)
      if (spread !== undefined) items.push(...spread)
      else if (item !== undefined) items.push(item)
      else return undefined
    }
    return items
  }

  /** A name that is given one thing only, with what is added to it later. */
  const nameOf = (name: string): Constant | undefined => {
    const [value, ...others] = bindings.of(name)
    if (value === undefined || others.length > 0 || !isNode(value) || active.has(name)) return undefined
    active.add(name)
    let result = compute(value, empty)
    for (const addition of additions.get(name) ?? []) {
      for (const env of roundsOf(addition)) {
        const more = result === undefined ? undefined : compute(addition, env)
        result = result === undefined || more === undefined ? undefined : arithmetic('+', result, more)
      }
    }
    active.delete(name)
    return result
  }

  /** What the name of the `for … of` around it stands for, round by round. */
  const roundsOf = (node: SyntaxNode): readonly Environment[] => {
    for (let outer = node.parent; outer !== null; outer = outer.parent) {
      if (outer.type !== 'for_in_statement') continue
      const name = outer.childForFieldName('left')?.text
      const items = itemsOf(compute(outer.childForFieldName('right'), empty))
      return name === undefined || items === undefined ? [empty] : items.map((item) => new Map([[name, item]]))
    }
    return [empty]
  }

  const given = (node: SyntaxNode, env: Environment): readonly Constant[] | undefined => {
    const list = node.childForFieldName('arguments')
    if (list === null || list.type !== 'arguments') return undefined
    const values: Constant[] = []
    for (const part of partsOf(list)) {
      const spread = part.type === 'spread_element' ? itemsOf(compute(partsOf(part)[0], env)) : undefined
      const value = part.type === 'spread_element' ? undefined : compute(part, env)
      if (spread !== undefined) values.push(...spread)
      else if (value !== undefined) values.push(value)
      else return undefined
    }
    return values
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

  return (node, inner) => {
    const before = evaluate
    evaluate = inner
    const value = compute(node, empty)
    evaluate = before
    return value === undefined || typeof value === 'number' || Array.isArray(value) ? undefined : textOf(value)
  }
}
