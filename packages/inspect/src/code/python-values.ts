import { bind, bindParameters, bindingTypes, functionsOf } from './python-bindings.ts'
import { itemsOf, joinPaths, textMethod } from './python-texts.ts'
import type { Budget } from '../budget.ts'
import { createEvaluator, type Inner } from './evaluator.ts'
import { pythonConstants } from './python-constants.ts'
import {
  type Bindings,
  concatenate,
  createBindings,
  few,
  fromBase64,
  fromHex,
  isNode,
  namesOf,
  numberOf,
  reversed,
  text,
  textsOf,
  type Value,
} from './values.ts'
import { partsOf, walk } from './walk.ts'
import type { SyntaxNode, SyntaxTree } from './syntax-node.ts'

/** Modules whose content is the built-in names themselves. */
const builtinsAliases = new Set(['builtins', '__builtins__', '__builtin__'])

/** Built-in names through which code gets hold of something. What the others are does not matter. */
const builtins = new Set([
  ...builtinsAliases,
  ...'eval exec compile __import__ getattr setattr globals locals vars open chr str bytes bytearray reversed'.split(
    ' ',
  ),
  ...'input type object map filter print __loader__ __spec__ breakpoint get_ipython'.split(' '),
])

export interface PythonValues {
  readonly evaluate: (node: SyntaxNode) => readonly Value[]
  readonly bindings: Bindings
}

/** Follows imports, aliases, constants and the usual reflection to what an expression stands for. */
export function pythonValues(tree: SyntaxTree, budget: Budget): PythonValues {
  const bindings = createBindings()
  const wildcards: string[] = []
  const additions = new Map<string, SyntaxNode[]>()
  walk(tree, bindingTypes, budget, (node) => bind(node, { bindings, wildcards, additions }))
  walk(tree, calls, budget, (node) => bindParameters(node, bindings))
  const addConstant = pythonConstants({ bindings, additions, budget })

  const evaluate = createEvaluator(budget, (node, inner) => addConstant(node, follow(node, inner), inner))
  const follow = (node: SyntaxNode, inner: Inner): readonly Value[] => {
    switch (node.type) {
      case 'identifier': {
        const word = spelled(node)
        const bound = bindings.of(word).flatMap((value) => (isNode(value) ? inner(value) : [value]))
        const starred = wildcards.map((module) => ({ name: `${module}.${word}` }))
        const name = builtinsAliases.has(word) ? 'builtins' : `builtins.${word}`
        return few([...bound, ...starred, ...(builtins.has(word) ? [{ name }] : [])])
      }
      case 'attribute':
        return few(
          namesOf(
            memberOf(inner(node.childForFieldName('object')), spelled(node.childForFieldName('attribute'))),
          ).flatMap(placed),
        )
      case 'string':
        return stringValues(node, inner)
      case 'concatenated_string':
        return partsOf(node)
          .map(inner)
          .reduce(concatenate, [text('')])
      case 'binary_operator':
        return operatorValues(node, inner)
      case 'parenthesized_expression':
      case 'await':
        return inner(partsOf(node)[0])
      case 'named_expression':
        return inner(node.childForFieldName('value'))
      case 'conditional_expression':
        return few([...inner(partsOf(node)[0]), ...inner(partsOf(node)[2])])
      case 'boolean_operator':
        return few([...inner(node.childForFieldName('left')), ...inner(node.childForFieldName('right'))])
      case 'subscript':
        return subscriptValues(node, inner, bindings)
      case 'call':
        return callValues(node, inner, bindings)
      default:
        return []
    }
  }
  return { evaluate, bindings }
}

const calls = new Set(['call'])

/** A name, and before it what it stands for if that is the same everywhere. */
function placed(name: string): readonly Value[] {
  const place = places.get(name)
  return place === undefined ? [{ name }] : [text(place), { name }]
}

const places: ReadonlyMap<string, string> = new Map([
  ['os.sep', '/'],
  ['os.path.sep', '/'],
  ['os.curdir', '.'],
  ['sys.executable', 'python3'],
  ['os.pardir', '..'],
])

/** What a function of the same text gives back. */
function returnedBy(callee: SyntaxNode, inner: Inner, bindings: Bindings): readonly Value[] {
  if (callee.type !== 'identifier') return []
  return functionsOf(callee, bindings).flatMap((definition) =>
    definition.type === 'lambda'
      ? inner(definition.childForFieldName('body'))
      : definition
          .descendantsOfType('return_statement')
          .slice(0, 4)
          .flatMap((statement) => inner(partsOf(statement)[0])),
  )
}

function memberOf(objects: readonly Value[], member: string): readonly Value[] {
  return namesOf(objects).map((name) => ({ name: join(name, member) }))
}

/** `vars(os)` and `os.__dict__` are ways to say `os`. */
function join(object: string, member: string): string {
  if (member === '__dict__') return object
  if (builtinsAliases.has(member)) return 'builtins'
  return `${object}.${member}`
}

/** Python takes compatible letters of other scripts for the plain ones. */
function spelled(node: SyntaxNode | null): string {
  return node?.text.normalize('NFKC') ?? ''
}

function operatorValues(node: SyntaxNode, inner: Inner): readonly Value[] {
  const left = inner(node.childForFieldName('left'))
  const right = inner(node.childForFieldName('right'))
  switch (node.childForFieldName('operator')?.text ?? '') {
    case '+':
      return concatenate(left, right)
    case '/':
      return joinPaths([left, right])
    case '%': {
      return textsOf(left).flatMap((format) =>
        textsOf(right).map((content) => text(format.replace('%s', () => content))),
      )
    }
    default:
      return []
  }
}

function stringValues(node: SyntaxNode, inner: Inner): readonly Value[] {
  let values: readonly Value[] = [text('')]
  for (const part of partsOf(node)) {
    if (part.type === 'string_content') values = concatenate(values, [text(unescape(part))])
    else if (part.type === 'interpolation') values = concatenate(values, inner(part.childForFieldName('expression')))
  }
  return values
}

function unescape(content: SyntaxNode): string {
  if (!content.namedChildren.some(({ type }) => type === 'escape_sequence')) return content.text
  return content.text.replaceAll(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|([0-7]{1,3})|(.))/gs,
    (...groups: string[]) => {
      const [, hex, unicode, octal, plain] = groups
      if (hex !== undefined || unicode !== undefined)
        return String.fromCharCode(Number.parseInt(hex ?? unicode ?? '', 16))
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
      return { n: '\n', t: '\t', r: '\r', '\n': '' }[plain ?? ''] ?? plain ?? ''
    },
  )
}

/** The entries of a dictionary that is written out, here or where it was given its name; all of them when the key is not known. */
function entriesOf(
  object: SyntaxNode,
  key: SyntaxNode | undefined,
  inner: Inner,
  bindings: Bindings,
): readonly Value[] {
  const dictionary = [object, ...(object.type === 'identifier' ? bindings.of(object.text).filter(isNode) : [])].find(
    ({ type }) => type === 'dictionary',
  )
  if (dictionary === undefined) return []
  const keys = key === undefined ? [] : textsOf(inner(key))
  const pairs = partsOf(dictionary)
    .filter(({ type }) => type === 'pair')
    .slice(0, maxEntries)
  const wanted = pairs.filter(
    (pair) => keys.length === 0 || textsOf(inner(pair.childForFieldName('key'))).some((name) => keys.includes(name)),
  )
  return few(wanted.flatMap((pair) => inner(pair.childForFieldName('value'))))
}

const maxEntries = 64

function subscriptValues(node: SyntaxNode, inner: Inner, bindings: Bindings): readonly Value[] {
  const object = node.childForFieldName('value')
  const [index] = node.childrenForFieldName('subscript')
  if (object === null || index === undefined) return []
  const entries = entriesOf(object, index, inner, bindings)
  if (entries.length > 0) return entries
  const objects = inner(object)
  if (index.type === 'slice') return textsOf(objects).flatMap((content) => slice(content, index.text))
  if (object.type === 'list' || object.type === 'tuple') return inner(partsOf(object)[numberOf(index.text) ?? -1])
  // `sys.modules["os"]` is a way to say `os`.
  return few(
    textsOf(inner(index)).flatMap((member) =>
      namesOf(objects).includes('sys.modules') ? [{ name: member }] : memberOf(objects, member),
    ),
  )
}

function slice(content: string, bounds: string): readonly Value[] {
  const [, from = '', to = '', step = ''] = /^\s*(-?\d*)\s*:\s*(-?\d*)\s*(?::\s*(-?\d*))?\s*$/.exec(bounds) ?? []
  if (step === '-1' && from === '' && to === '') return [text(reversed(content))]
  if (step !== '' && step !== '1' && step !== '2') return []
  const part = content.slice(from === '' ? 0 : Number(from), to === '' ? undefined : Number(to))
  return [
    text(
      step === '2'
        ? Array.from(part)
            .filter((_, index) => index % 2 === 0)
            .join('')
        : part,
    ),
  ]
}

function callValues(node: SyntaxNode, inner: Inner, bindings: Bindings): readonly Value[] {
  const callee = node.childForFieldName('function')
  const given = partsOf(node.childForFieldName('arguments') ?? node).map((part) =>
    part.type === 'keyword_argument' ? (part.childForFieldName('value') ?? part) : part,
  )
  if (callee === null) return []
  const named = namesOf(inner(callee)).flatMap((name) => resultOf(name, given, inner, bindings))
  const object =
    callee.type === 'attribute' && callee.childForFieldName('attribute')?.text === 'get'
      ? callee.childForFieldName('object')
      : null
  return few([
    ...returnedBy(callee, inner, bindings),
    ...(object === null ? [] : entriesOf(object, given[0], inner, bindings)),
    ...textMethod(callee, given, inner, bindings),
    ...named,
    ...operatorCall(callee, given, inner),
  ])
}

/** `operator.attrgetter("system")(os)` */
function operatorCall(callee: SyntaxNode, [object]: readonly SyntaxNode[], inner: Inner): readonly Value[] {
  if (callee.type !== 'call') return []
  const getter = callee.childForFieldName('function')
  const [member] = partsOf(callee.childForFieldName('arguments') ?? callee)
  const isGetter = namesOf(inner(getter)).some((name) =>
    /^operator\.(?:attrgetter|methodcaller|itemgetter)$/.test(name),
  )
  return isGetter ? textsOf(inner(member)).flatMap((name) => memberOf(inner(object), name)) : []
}

function resultOf(name: string, given: readonly SyntaxNode[], inner: Inner, bindings: Bindings): readonly Value[] {
  const [first, second] = given
  switch (name) {
    case 'builtins.getattr':
      return textsOf(inner(second)).flatMap((member) => memberOf(inner(first), member))
    case 'builtins.__import__':
    case 'importlib.import_module':
    case 'importlib.__import__':
      return textsOf(inner(first)).map((module) => ({ name: module }))
    case 'builtins.globals':
    case 'builtins.locals':
      return [{ name: 'builtins' }]
    case 'sys.modules.get':
      return textsOf(inner(first)).map((module) => ({ name: module }))
    case 'builtins.map': {
      const codes = itemsOf(second, bindings)?.map((item) => numberOf(item.text) ?? -1)
      const isText =
        namesOf(inner(first)).includes('builtins.chr') && codes?.every((code) => code >= 0 && code < 0x1_00_00)
      return isText === true && codes !== undefined ? [text(String.fromCharCode(...codes.slice(0, 4096)))] : []
    }
    case 'os.path.join':
      return joinPaths(given.map(inner))
    case 'pathlib.Path':
    case 'pathlib.PosixPath':
    case 'pathlib.PurePath':
      return joinPaths(given.map(inner))
    case 'pathlib.Path.home':
      return [text('~')]
    case 'builtins.vars':
    case 'functools.partial':
    case 'importlib.reload':
      return inner(first)
    case 'builtins.chr': {
      const number = first === undefined ? undefined : numberOf(first.text)
      return number === undefined ? [] : [text(String.fromCharCode(number))]
    }
    case 'builtins.str':
    case 'builtins.bytes':
      return inner(first)
    case 'os.path.expanduser':
    case 'os.path.abspath':
    case 'os.path.realpath':
      return inner(first)
    case 'builtins.reversed':
      return textsOf(inner(first)).map((content) => text(reversed(content)))
    case 'base64.b64decode':
    case 'base64.standard_b64decode':
    case 'base64.urlsafe_b64decode':
      return textsOf(inner(first)).map((content) => text(fromBase64(content)))
    case 'builtins.bytes.fromhex':
    case 'builtins.bytearray.fromhex':
    case 'binascii.unhexlify':
      return textsOf(inner(first)).map((content) => text(fromHex(content)))
    default:
      if (!name.endsWith('.__getattribute__')) return [{ name: `${name}()` }]
      return textsOf(inner(second ?? first)).flatMap((member) =>
        memberOf([{ name: name.slice(0, -'.__getattribute__'.length) }], member),
      )
  }
}
