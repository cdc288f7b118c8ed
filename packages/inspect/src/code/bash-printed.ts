import type { SyntaxNode } from './syntax-node.ts'
import { fromBase64, fromHex, reversed } from './values.ts'
import { partsOf } from './walk.ts'

/** What `$(echo … | rev)` leaves behind, if that is all that it does. */
export function printedBy(substitution: SyntaxNode, wordOf: (part: SyntaxNode) => string): string | undefined {
  const [body, redirect, ...others] = partsOf(substitution).flatMap((part) =>
    part.type === 'redirected_statement' ? partsOf(part) : [part],
  )
  if (body === undefined || others.length > 0) return undefined
  if (redirect !== undefined || body.children.some(({ type }) => type === 'herestring_redirect')) {
    // `rev <<< text`
    const given = redirect ?? body.children.find(({ type }) => type === 'herestring_redirect')
    const [program = '', ...rest] = partsOf(body)
      .filter(({ type }) => type !== 'herestring_redirect')
      .map(wordOf)
    const input = given?.type === 'herestring_redirect' ? partsOf(given)[0] : undefined
    return input === undefined ? undefined : filter(wordOf(input), program, rest)
  }
  const commands = body.type === 'pipeline' ? partsOf(body) : [body]
  let printed: string | undefined
  for (const [index, command] of commands.entries()) {
    if (command.type !== 'command') return undefined
    const [program = '', ...rest] = partsOf(command).map(wordOf)
    printed = index === 0 ? print(program, rest) : filter(printed ?? '', program, rest)
    if (printed === undefined) return undefined
  }
  return printed
}

export function print(program: string, given: readonly string[]): string | undefined {
  const operands = given.filter((word) => !/^-[neE]+$/.test(word))
  if (program === 'echo') return given.includes('-e') ? unescape(operands.join(' ')) : operands.join(' ')
  if (program !== 'printf') return undefined
  const [format = '', ...values] = operands
  let next = 0
  return unescape(format.replaceAll(/%[sb]/g, () => values[next++] ?? ''))
}

function filter(input: string, program: string, given: readonly string[]): string | undefined {
  if (program === 'rev') return reversed(input)
  if (program === 'base64' && given.some((word) => /^(?:-d|-D|--decode)$/.test(word))) return fromBase64(input).trim()
  if (program === 'tr') return translated(input, given)
  if (program === 'xxd' && given.includes('-r')) return fromHex(input).trim()
  return undefined
}

/** `tr a-z n-za-m`, `tr -d x` */
function translated(input: string, given: readonly string[]): string | undefined {
  if (given[0] === '-d') {
    const removed = lettersOf(given[1] ?? '')
    return Array.from(input)
      .filter((letter) => !removed.includes(letter))
      .join('')
  }
  const [from = '', to = ''] = given.filter((word) => !word.startsWith('-')).map(lettersOf)
  if (from === '' || to === '') return undefined
  return Array.from(input, (letter) => {
    const index = from.lastIndexOf(letter)
    return index === -1 ? letter : (to[Math.min(index, to.length - 1)] ?? letter)
  }).join('')
}

function lettersOf(set: string): string {
  return set
    .replaceAll(/^\[|\]$/g, '')
    .slice(0, 256)
    .replaceAll(/(.)-(.)/gs, (_match, first: string, last: string) =>
      Array.from({ length: Math.max(0, Math.min(256, last.charCodeAt(0) - first.charCodeAt(0) + 1)) }, (_, index) =>
        String.fromCharCode(first.charCodeAt(0) + index),
      ).join(''),
    )
}

export function unescape(content: string): string {
  return content.replaceAll(/\\(?:x([\da-fA-F]{1,2})|([0-7]{1,3})|(.))/gs, (...groups: string[]) => {
    const [, hex, octal, plain] = groups
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8))
    return { n: '\n', t: '\t', r: '\r', e: '\u001b' }[plain ?? ''] ?? plain ?? ''
  })
}
