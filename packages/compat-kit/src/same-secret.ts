import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares in a time that tells nothing about where two secrets differ. */
export function sameSecret(given: unknown, expected: string): boolean {
  if (typeof given !== 'string') return false
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
