import { concatBytes, encodeText } from '@caisson/core'
import type { ProgramContext } from '../program.ts'

export async function echo(context: ProgramContext): Promise<number> {
  const args = context.argv.slice(1)
  const newline = args[0] !== '-n'
  await context.stdout.write((newline ? args : args.slice(1)).join(' ') + (newline ? '\n' : ''))
  return 0
}

/** Escapes and the directives `%s %b %d %i %u %x %o %c %%` with flags and width. The format is reused while arguments remain. */
export async function printf(context: ProgramContext): Promise<number> {
  const [, format = '', ...args] = context.argv
  const parts: Uint8Array[] = []
  do {
    const before = args.length
    parts.push(formatOnce(format, args))
    if (args.length === before) break
  } while (args.length > 0)
  await context.stdout.write(concatBytes(parts))
  return 0
}

function formatOnce(format: string, args: string[]): Uint8Array {
  const parts: Uint8Array[] = []
  const token = /%%|%([-0+ #]*)(\d*)(?:\.(\d+))?([sbdiuxXoc])|\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|[^])|[^%\\]+|[^]/g
  for (const match of format.matchAll(token)) {
    const [text, flags = '', width = '', precision, directive] = match
    if (text === '%%') parts.push(encodeText('%'))
    else if (directive !== undefined) {
      const value = args.shift() ?? ''
      const bytes =
        directive === 'b'
          ? formatOnce(value.replaceAll('%', '%%'), [])
          : encodeText(convert(directive, value, precision))
      const fill = Math.max(0, Number(width) - bytes.byteLength)
      const padding = encodeText((flags.includes('0') && directive !== 's' ? '0' : ' ').repeat(fill))
      parts.push(...(flags.includes('-') ? [bytes, padding] : [padding, bytes]))
    } else parts.push(text.startsWith('\\') ? unescape(text) : encodeText(text))
  }
  return concatBytes(parts)
}

function convert(directive: string, value: string, precision: string | undefined): string {
  switch (directive) {
    case 's':
      return precision === undefined ? value : value.slice(0, Number(precision))
    case 'c':
      return value.slice(0, 1)
    case 'x':
      return Number(value).toString(16)
    case 'X':
      return Number(value).toString(16).toUpperCase()
    case 'o':
      return Number(value).toString(8)
    default:
      return String(Math.trunc(Number(value)) || 0)
  }
}

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

function unescape(text: string): Uint8Array {
  const code = text.slice(1)
  if (/^[0-7]/.test(code)) return Uint8Array.of(Number.parseInt(code, 8) & 255)
  if (/^x./.test(code)) return Uint8Array.of(Number.parseInt(code.slice(1), 16))
  return encodeText(escapes[code] ?? text)
}
