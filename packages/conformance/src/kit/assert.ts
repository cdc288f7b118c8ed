import { isDeepStrictEqual, inspect } from 'node:util'
import { isSandboxError, type SandboxError, type SandboxErrorCode } from '@caisson/core'

/** What was seen instead of what is required. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

/** Thrown by a check that cannot say anything about this adapter. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
}

export function ensure(condition: boolean, seen: string): asserts condition {
  if (!condition) throw new Mismatch(seen)
}

export function same(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return
  throw new Mismatch(`${what}: expected ${show(expected)}, saw ${show(actual)}`)
}

export function between(actual: number, low: number, high: number, what: string): void {
  ensure(actual >= low && actual <= high, `${what}: expected ${low} to ${high}, saw ${actual}`)
}

/** Compares bytes; a difference is told by its place and not by megabytes of content. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  same(actual.byteLength, expected.byteLength, `number of ${what}`)
  if (Buffer.compare(actual, expected) === 0) return
  const at = expected.findIndex((byte, index) => actual[index] !== byte)
  throw new Mismatch(`${what}: first difference at ${at}: expected ${expected[at]}, saw ${actual[at]}`)
}

/** The error with which a call rejects; it must be a `SandboxError` with one of the codes. */
export async function rejects(
  call: () => Promise<unknown>,
  codes: SandboxErrorCode | readonly SandboxErrorCode[],
  what: string,
): Promise<SandboxError> {
  const expected = typeof codes === 'string' ? [codes] : codes
  let value: unknown
  try {
    value = await call()
  } catch (error) {
    if (error instanceof Mismatch) throw error
    ensure(isSandboxError(error), `${what}: expected SandboxError ${expected.join(' or ')}, saw ${show(error)}`)
    const told = `${error.code} (${error.message})`
    ensure(expected.includes(error.code), `${what}: expected ${expected.join(' or ')}, saw ${told}`)
    return error
  }
  throw new Mismatch(`${what}: expected ${expected.join(' or ')}, but it succeeded with ${show(value)}`)
}

/** Rejects when a promise takes too long. */
export async function within<Value>(ms: number, promise: Promise<Value>, what: string): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Mismatch(`${what}: not within ${ms} ms`)), ms)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks until the answer is yes. */
export async function eventually(what: string, ms: number, probe: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await probe())) {
    ensure(Date.now() < deadline, `${what}: not within ${ms} ms`)
    await pause(20)
  }
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

export function show(value: unknown): string {
  if (value instanceof Uint8Array && value.byteLength > 64) return `${value.byteLength} bytes`
  const text = inspect(value, { depth: 4, breakLength: 160, maxStringLength: 300 })
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}
