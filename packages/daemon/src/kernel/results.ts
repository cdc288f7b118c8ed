import type { Fields } from '../fields.ts'

/** E2B's names for formats; all others go into `extra`. */
const names: Readonly<Record<string, string>> = {
  'text/plain': 'text',
  'text/html': 'html',
  'text/markdown': 'markdown',
  'image/svg+xml': 'svg',
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'application/pdf': 'pdf',
  'text/latex': 'latex',
  'application/json': 'json',
  'application/javascript': 'javascript',
  'e2b/data': 'data',
  'e2b/chart': 'chart',
}

/** A result as E2B's clients read it. */
export function toWireResult(data: Fields, main: boolean): object {
  const known: Record<string, unknown> = {}
  const extra: Record<string, unknown> = {}
  for (const [mime, value] of Object.entries(data)) {
    const name = Object.hasOwn(names, mime) ? names[mime] : undefined
    if (name === undefined) extra[mime] = value
    else known[name] = name === 'text' && typeof value === 'string' ? unquote(value) : value
  }
  const rest = Object.keys(extra).length > 0 ? { extra } : {}
  return { type: 'result', ...known, ...rest, is_main_result: main }
}

/** A string shows itself without its quotes. */
function unquote(text: string): string {
  const quote = text[0]
  return text.length > 1 && (quote === "'" || quote === '"') && text.at(-1) === quote ? text.slice(1, -1) : text
}
