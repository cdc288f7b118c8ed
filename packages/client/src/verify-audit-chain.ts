import type { AuditEntry } from '@caisson/api/schemas'

export type AuditVerdict =
  | { readonly intact: true; readonly events: number }
  /** `at` is the first sequence that is not what it was. */
  | { readonly intact: false; readonly at: number; readonly reason: string }

export interface ChainEnd {
  readonly sequence: number
  readonly hash: string
}

/**
 * Reckons the chain of an organization's audit log anew and says whether it is whole, in order, unchanged, and ends where it should. `ends`
 * are places that must be in it: the head that the service tells, and heads that were noted elsewhere before.
 */
export async function verifyAuditChain(
  organization: string,
  entries: AsyncIterable<AuditEntry> | Promise<readonly AuditEntry[]>,
  ...ends: readonly ChainEnd[]
): Promise<AuditVerdict> {
  let before = await sha256(encode(organization))
  let sequence = 0
  // Of two that differ one is not in it.
  const missing = new Map(
    [...Map.groupBy(ends, (end) => end.sequence)].map(([at, same]) => [at, new Set(same.map(({ hash }) => hash))]),
  )
  missing.delete(0)
  for await (const entry of 'then' in entries ? await entries : entries) {
    const next = sequence + 1
    if (entry.sequence !== next) return broken(next, `event ${next} is missing`)
    const hash = await sha256(concat(before, encode(`${next} ${entry.event}`)))
    if (toHex(hash) !== entry.hash) return broken(next, `event ${next} is not what was written`)
    const expected = missing.get(next)
    if (expected !== undefined && (expected.size > 1 || !expected.has(entry.hash))) {
      return broken(next, `event ${next} was written anew`)
    }
    missing.delete(next)
    before = hash
    sequence = next
  }
  if (missing.size > 0) return broken(sequence + 1, `the log ends with event ${sequence}, and once went on`)
  return { intact: true, events: sequence }
}

function broken(at: number, reason: string): AuditVerdict {
  return { intact: false, at, reason }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(left.byteLength + right.byteLength)
  both.set(left)
  both.set(right, left.byteLength)
  return both
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', bytes))
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
