import { functionsOf, memberOf } from './python-bindings.ts'
import { entriesOf } from './python-subscripts.ts'
import { itemsOf, joinPaths, textMethod } from './python-texts.ts'
import type { Inner } from './evaluator.ts'
import type { SyntaxNode } from './syntax-node.ts'
import {
  type Bindings,
  few,
  fromBase64,
  fromHex,
  namesOf,
  numberOf,
  reversed,
  text,
  textsOf,
  type Value,
} from './values.ts'
import { partsOf } from './walk.ts'

/** What a call gives back. */
export function callValues(node: SyntaxNode, inner: Inner, bindings: Bindings): readonly Value[] {
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
