import { OperationError } from '@caisson/core'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { compilePolicy, type Policy } from './policy.ts'
import { policySchema } from './policy-schema.ts'

const maxPolicyCharacters = 1024 * 1024
const maxReported = 10

/**
 * Reads a policy from YAML or JSON. `source` names the text in errors, as a file name does. Throws `OperationError`
 * `invalid-policy` that lists every fault as `source:line:column: path: what is wrong`.
 */
export function parsePolicy(text: string, source: string): Policy {
  if (text.length > maxPolicyCharacters) {
    throw new OperationError('invalid-policy', `${source}: a policy has at most ${maxPolicyCharacters} characters`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [syntax] = document.errors
  if (syntax !== undefined) {
    throw new OperationError('invalid-policy', `${source}:${position(lines, syntax.pos[0])}: ${syntax.message}`, {
      cause: syntax,
    })
  }
  const parsed = policySchema.safeParse(toData(document, source))
  if (parsed.success) return compilePolicy(parsed.data)

  const issues = parsed.error.issues.flatMap(spread)
  const faults = issues.slice(0, maxReported).map(({ path, message }) => {
    const field = path.map(String).join('.')
    return `${source}:${position(lines, offsetOf(document, path))}: ${field === '' ? '' : `${field}: `}${message}`
  })
  const more = issues.length > maxReported ? [`and ${issues.length - maxReported} more`] : []
  throw new OperationError('invalid-policy', [...faults, ...more].join('\n'), {
    field: issues[0]?.path.map(String).join('.'),
    cause: parsed.error,
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

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

interface RawIssue extends Issue {
  readonly code?: string | undefined
  readonly keys?: readonly string[]
  readonly errors?: readonly (readonly RawIssue[])[]
}

/** Unknown keys point at the key; of a union, the alternative that came closest speaks. */
function spread(issue: RawIssue): readonly Issue[] {
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
