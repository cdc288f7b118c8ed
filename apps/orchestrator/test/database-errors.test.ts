import { isSandboxError } from '@caisson/core'
import { DrizzleQueryError } from 'drizzle-orm'
import { expect, it } from 'vitest'
import { fromDatabaseError } from '../src/store/database-errors.ts'

const failed = (code: string, message = 'it broke') =>
  fromDatabaseError(new DrizzleQueryError('insert $1', ['hunter2'], Object.assign(new Error(message), { code })))

it.each(['ECONNREFUSED', '57P01', '08006', '53300', '40001'])('knows what passes: %s', (code) => {
  const error = failed(code)
  expect(isSandboxError(error) ? [error.code, error.retryable] : error).toEqual(['unavailable', true])
})

it('keeps the parameters of a query out of the error', () => {
  const error = failed('23505', 'duplicate key')
  expect(error).toBeInstanceOf(Error)
  expect(isSandboxError(error)).toBe(false)
  expect(String(error)).toContain('duplicate key')
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('hunter2')
})
