import { functionsOf, memberOf, moduleName } from './javascript-bindings.ts'
import { itemsOf, textMethod } from './javascript-texts.ts'
import type { Inner } from './evaluator.ts'
import type { SyntaxNode } from './syntax-node.ts'
import {
  type Bindings,
  concatenate,
  few,
  fromBase64,
  fromHex,
  namesOf,
  numberOf,
  text,
  textsOf,
  type Value,
} from './values.ts'
import { partsOf } from './walk.ts'

/** What loads a module by its name. */
export const loaders: ReadonlySet<string> = new Set([
  'global.require',
  'module.createRequire()',
  'global.module.require',
  'global.process.mainModule.require',
  'global.require.main.require',
  'global.module.parent.require',
  'module._load',
  'global.module.constructor._load',
  'global.process.getBuiltinModule',
])

/** What a call gives back. */
export function callValues(node: SyntaxNode, inner: Inner, bindings: Bindings): readonly Value[] {
  const callee = node.childForFieldName('function')
  const callArguments = partsOf(node.childForFieldName('arguments') ?? node)
  if (callee === null) return []
  if (returnsThis(callee)) return [{ name: 'global' }]
  const named = namesOf(inner(callee)).flatMap((name) => resultOf(name, callArguments, inner, bindings))
  return few([...returnedBy(callee, inner, bindings), ...textMethod(callee, callArguments, inner, bindings), ...named])
}

/** What a function of the same text gives back. */
function returnedBy(callee: SyntaxNode, inner: Inner, bindings: Bindings): readonly Value[] {
  return functionsOf(callee, bindings).flatMap((definition) => {
    const body = definition.childForFieldName('body')
    if (body?.type !== 'statement_block') return inner(body)
    return body
      .descendantsOfType('return_statement')
      .slice(0, 4)
      .flatMap((statement) => inner(partsOf(statement)[0]))
  })
}

/** `(function () { return this })()` is a way to say `globalThis`. */
function returnsThis(callee: SyntaxNode): boolean {
  let node: SyntaxNode | undefined = callee
  while (node?.type === 'parenthesized_expression') node = partsOf(node)[0]
  return (
    node?.type === 'function_expression' && /^\{\s*return this;?\s*\}$/.test(node.childForFieldName('body')?.text ?? '')
  )
}

function resultOf(
  name: string,
  callArguments: readonly SyntaxNode[],
  inner: Inner,
  bindings: Bindings,
): readonly Value[] {
  const [first, second] = callArguments
  if (loaders.has(name)) {
    return textsOf(inner(first)).map((module) => ({ name: moduleName(module) }))
  }
  switch (name) {
    case 'global.atob':
      return textsOf(inner(first)).map((content) => text(fromBase64(content)))
    case 'global.Buffer.from':
    case 'buffer.Buffer.from': {
      const decode = textsOf(inner(second)).includes('hex') ? fromHex : fromBase64
      return second === undefined ? inner(first) : textsOf(inner(first)).map((content) => text(decode(content)))
    }
    case 'global.String.fromCharCode':
    case 'global.String.fromCodePoint': {
      const items = first?.type === 'spread_element' ? itemsOf(partsOf(first)[0], bindings) : callArguments
      return charactersOf(items)
    }
    case 'global.decodeURIComponent':
    case 'global.unescape':
      return textsOf(inner(first)).map((content) => text(decodePercent(content)))
    case 'path.join':
    case 'path.resolve':
    case 'path.posix.join': {
      const [start = [], ...rest] = callArguments.map((part) => inner(part))
      return rest.reduce((left, right) => concatenate(concatenate(left, [text('/')]), right), start)
    }
    case 'os.homedir':
      return [text('~')]
    case 'global.Reflect.get':
      return textsOf(inner(second)).flatMap((member) => memberOf(inner(first), member))
    default:
      return /\.(?:bind|call|apply)$/.test(name)
        ? [{ name: name.slice(0, name.lastIndexOf('.')) }]
        : [{ name: `${name}()` }]
  }
}

function charactersOf(items: readonly SyntaxNode[] | undefined): readonly Value[] {
  const codes = items?.slice(0, 4096).map((item) => numberOf(item.text) ?? -1) ?? [-1]
  return codes.every((code) => code >= 0 && code <= 0xff_ff) ? [text(String.fromCharCode(...codes))] : []
}

function decodePercent(content: string): string {
  return content.replaceAll(/%([\da-f]{2})/gi, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
