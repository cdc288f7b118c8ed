import { OperationError } from '@caisson/core'
import type { z } from 'zod'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'

const maxCharacters = 1024 * 1024
const maxReported = 10

/** Something wrong, and where it is in the data. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

export type Checked<Value> = { readonly value: Value } | { readonly faults: readonly Fault[]; readonly cause?: unknown }

/**
 * Reads YAML or JSON and checks what it says. Throws `OperationError` `invalid-policy` that lists every fault as
 * `source:line:column: path: what is wrong`.
 */
export function parseLined<Value>(text: string, source: string, check: (data: unknown) => Checked<Value>): Value {
  if (text.length > maxCharacters) {
    throw new OperationError('invalid-policy', `${source}: a policy has at most ${maxCharacters} characters`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const [syntax] = document.errors
  if (syntax !== undefined) {
    throw new OperationError('invalid-policy', `${source}:${position(lines, syntax.pos[0])}: ${syntax.message}`, {
      cause: syntax,
    })
  }
  const checked = check(toData(document, source))
  if ('value' in checked) return checked.value

  const { faults, cause } = checked
  const told = faults.slice(0, maxReported).map(({ path, message }) => {
    const field = path.map(String).join('.')
    return `${source}:${position(lines, offsetOf(document, path))}: ${field === '' ? '' : `${field}: `}${message}`
  })
  const more = faults.length > maxReported ? [`and ${faults.length - maxReported} more`] : []
  throw new OperationError('invalid-policy', [...told, ...more].join('\n'), {
    field: faults[0]?.path.map(String).join('.'),
    cause,
  })
}

function toData(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw new OperationError(
      'invalid-policy',
      `${source}: ${cause instanceof Error ? cause.message : 'not a policy'}`,
      {
        cause,
      },
    )
  }
}

interface RawIssue extends Fault {
  readonly code?: string | undefined
  readonly keys?: readonly string[]
  readonly errors?: readonly (readonly RawIssue[])[]
}

export function faultsOf(error: z.ZodError): readonly Fault[] {
  return error.issues.flatMap(spread)
}

/** Unknown keys point at the key; of a union, the alternative that came closest speaks. */
function spread(issue: RawIssue): readonly Fault[] {
  const { path, message } = issue
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => ({ path: [...path, key], message: 'no such key' }))
  }
  const alternatives = issue.errors ?? []
  if (issue.code !== 'invalid_union' || alternatives.length === 0) return [{ path, message }]
  const closest = alternatives.toSorted((left, right) => score(left) - score(right))[0] ?? []
  return closest.flatMap((inner) => spread({ ...inner, path: [...path, ...inner.path] }))
}

/** An alternative that fails as a whole was not meant; one that fails further inside was. */
function score(issues: readonly RawIssue[]): number {
  return issues.some(({ code, path }) => path.length === 0 && code !== 'unrecognized_keys') ? 1 : 0
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range !== null && node.range !== undefined) return node.range[0]
  }
  return 0
}

function position(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset)
  return `${line}:${col}`
}
