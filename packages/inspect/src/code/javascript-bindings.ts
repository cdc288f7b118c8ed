import { type Bindings, isNode, namesOf, textsOf, type Value } from './values.ts'
import { partsOf } from './walk.ts'
import type { SyntaxNode } from './syntax-node.ts'

export const bindingTypes = new Set([
  'import_statement',
  'variable_declarator',
  'assignment_expression',
  'assignment_pattern',
])

const maxAdditions = 256

export function functionsOf(callee: SyntaxNode | null, bindings: Bindings): readonly SyntaxNode[] {
  if (callee?.type !== 'identifier') return []
  return bindings
    .of(callee.text)
    .filter(isNode)
    .filter(({ type }) => /^(?:arrow_function|function_expression|function_declaration)$/.test(type))
}

const untelling = new Set(['true', 'false', 'null', 'undefined'])

/** What a function of the same text is called with is what its parameters stand for. */
export function bindParameters(call: SyntaxNode, bindings: Bindings): void {
  const given = partsOf(call.childForFieldName('arguments') ?? call)
  for (const definition of functionsOf(call.childForFieldName('function'), bindings)) {
    const single = definition.childForFieldName('parameter')
    const parameters = single === null ? partsOf(definition.childForFieldName('parameters') ?? definition) : [single]
    for (const [index, parameter] of parameters.entries()) {
      const name = parameter.childForFieldName('pattern') ?? parameter
      const argument = given[index]
      const tells = argument !== undefined && !untelling.has(argument.type) && argument.text !== name.text
      if (name.type === 'identifier' && tells) bindings.add(name.text, argument)
    }
  }
}

/** `name += value` */
export function addTo(node: SyntaxNode, additions: Map<string, SyntaxNode[]>): void {
  const name = node.childForFieldName('left')?.text ?? ''
  const value = node.childForFieldName('right')
  const before = additions.get(name) ?? []
  if (node.childForFieldName('operator')?.text === '+=' && value !== null && before.length < maxAdditions)
    additions.set(name, [...before, value])
}

export function bind(node: SyntaxNode, bindings: Bindings, evaluate: (node: SyntaxNode) => readonly Value[]): void {
  if (node.type === 'import_statement') {
    const [source = ''] = textsOf(evaluate(node.childForFieldName('source') ?? node))
    const clause = partsOf(node).find(({ type }) => type === 'import_clause')
    for (const part of clause === undefined ? [] : partsOf(clause)) bindImport(part, moduleName(source), bindings)
    return
  }
  const target = node.childForFieldName('name') ?? node.childForFieldName('left')
  const value = node.childForFieldName('value') ?? node.childForFieldName('right')
  if (target === null || value === null) return
  if (target.type === 'identifier') bindings.add(target.text, value)
  if (target.type === 'object_pattern') {
    for (const part of partsOf(target)) {
      const member = (part.childForFieldName('key') ?? part).text
      const name = (part.childForFieldName('value') ?? part).text
      for (const object of memberOf(evaluate(value), member)) bindings.add(name, object)
    }
  }
}

function bindImport(part: SyntaxNode, module: string, bindings: Bindings): void {
  if (part.type === 'identifier') bindings.add(part.text, { name: module })
  if (part.type === 'namespace_import') bindings.add(partsOf(part)[0]?.text ?? '', { name: module })
  if (part.type !== 'named_imports') return
  for (const specifier of partsOf(part)) {
    const name = specifier.childForFieldName('name')?.text ?? ''
    bindings.add(specifier.childForFieldName('alias')?.text ?? name, { name: join(module, name) })
  }
}

export function memberOf(objects: readonly Value[], member: string): readonly Value[] {
  return namesOf(objects).map((name) => ({ name: join(name, member) }))
}

function join(object: string, member: string): string {
  if (object === 'global' && globals.has(member)) return 'global'
  if (member === 'default' || (object === 'fs' && member === 'promises')) return object
  return `${object}.${member}`
}

export const globals = new Set(['globalThis', 'global', 'window', 'self'])

/** `node:fs/promises` has the functions of `fs`, and some modules are globals too. */
export function moduleName(specifier: string): string {
  const name = specifier.replace(/^node:/, '')
  if (name === 'fs/promises') return 'fs'
  return name === 'process' ? 'global.process' : name
}
