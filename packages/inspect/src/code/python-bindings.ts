import { type Bindings, isNode, namesOf, type Value } from './values.ts'
import { partsOf } from './walk.ts'
import type { SyntaxNode } from './syntax-node.ts'

/** Modules whose content is the built-in names themselves. */
export const builtinsAliases = new Set(['builtins', '__builtins__', '__builtin__'])

export const bindingTypes = new Set([
  'import_statement',
  'import_from_statement',
  'assignment',
  'named_expression',
  'as_pattern',
  'for_statement',
  'for_in_clause',
  'default_parameter',
  'function_definition',
  'augmented_assignment',
])

interface Bound {
  readonly bindings: Bindings
  readonly wildcards: string[]
  readonly additions: Map<string, SyntaxNode[]>
}

export function bind(node: SyntaxNode, { bindings, wildcards, additions }: Bound): void {
  switch (node.type) {
    case 'function_definition':
      bindings.add(node.childForFieldName('name')?.text ?? '', node)
      return
    case 'augmented_assignment': {
      const name = node.childForFieldName('left')?.text ?? ''
      const value = node.childForFieldName('right')
      const before = additions.get(name) ?? []
      if (node.childForFieldName('operator')?.text === '+=' && value !== null && before.length < maxAdditions)
        additions.set(name, [...before, value])
      return
    }
    case 'import_statement':
      for (const part of partsOf(node)) {
        const module = (part.childForFieldName('name') ?? part).text
        const alias = part.childForFieldName('alias')?.text
        if (alias === undefined) bindings.add(module.split('.')[0] ?? module, { name: module.split('.')[0] ?? module })
        else bindings.add(alias, { name: module })
      }
      return
    case 'import_from_statement': {
      const module = node.childForFieldName('module_name')?.text ?? ''
      if (node.namedChildren.some(({ type }) => type === 'wildcard_import')) wildcards.push(module)
      for (const part of node.childrenForFieldName('name')) {
        const name = (part.childForFieldName('name') ?? part).text
        bindings.add(part.childForFieldName('alias')?.text ?? name, { name: `${module}.${name}` })
      }
      return
    }
    case 'as_pattern': {
      const [value, target] = partsOf(node)
      const name = target === undefined ? undefined : partsOf(target)[0]
      if (value !== undefined && name?.type === 'identifier') bindings.add(name.text, value)
      return
    }
    case 'assignment':
    case 'for_statement':
    case 'for_in_clause':
      bindTarget(node.childForFieldName('left'), node.childForFieldName('right'), bindings)
      return
    default:
      bindTarget(node.childForFieldName('name'), node.childForFieldName('value'), bindings)
  }
}

const maxAdditions = 256

const untelling = new Set(['keyword_argument', 'integer', 'float', 'true', 'false', 'none', 'comparison_operator'])

/** What a function of the same text is called with is what its parameters stand for. */
export function bindParameters(call: SyntaxNode, bindings: Bindings): void {
  const callee = call.childForFieldName('function')
  const given = partsOf(call.childForFieldName('arguments') ?? call)
  if (callee?.type !== 'identifier') return
  for (const definition of functionsOf(callee, bindings)) {
    const parameters = partsOf(definition.childForFieldName('parameters') ?? definition)
    for (const [index, parameter] of parameters.entries()) {
      const argument = given[index]
      const tells = argument !== undefined && !untelling.has(argument.type) && argument.text !== parameter.text
      if (parameter.type === 'identifier' && tells) bindings.add(parameter.text, argument)
    }
  }
}

export function functionsOf(callee: SyntaxNode, bindings: Bindings): readonly SyntaxNode[] {
  return bindings
    .of(callee.text)
    .filter(isNode)
    .filter(({ type }) => type === 'function_definition' || type === 'lambda')
}

function bindTarget(target: SyntaxNode | null, value: SyntaxNode | null, bindings: Bindings): void {
  if (target === null || value === null) return
  if (target.type === 'identifier') {
    const items = value.type === 'list' || value.type === 'tuple' ? partsOf(value).slice(0, 4) : []
    for (const item of [value, ...items]) bindings.add(target.text, item)
    return
  }
  const values = partsOf(value)
  for (const [index, part] of partsOf(target).entries()) {
    const item = values[index]
    if (part.type === 'identifier' && item !== undefined) bindings.add(part.text, item)
  }
}

export function memberOf(objects: readonly Value[], member: string): readonly Value[] {
  return namesOf(objects).map((name) => ({ name: join(name, member) }))
}

/** `vars(os)` and `os.__dict__` are ways to say `os`. */
function join(object: string, member: string): string {
  if (member === '__dict__') return object
  if (builtinsAliases.has(member)) return 'builtins'
  return `${object}.${member}`
}
