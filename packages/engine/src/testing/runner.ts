import { deepStrictEqual, ok } from 'node:assert/strict'
import type { Stores } from '../ports/stores.ts'

/** The parts of a test runner that the contract needs; those of vitest and of `node:test` fit. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => void
  readonly it: (name: string, body: () => Promise<void>) => void
}

/** Gives fresh, empty stores for each test. */
export type StoresFactory = () => Promise<Stores>

export function same(actual: unknown, expected: unknown): void {
  deepStrictEqual(actual, expected)
}

export function isTrue(value: boolean, message: string): void {
  ok(value, message)
}
