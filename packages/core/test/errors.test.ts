import { expect, it } from 'vitest'
import { isOperationError, isSandboxError, OperationError, SandboxError, toErrorData } from '../src/index.ts'

it('is recognised by its mark, so that two copies of the package agree', () => {
  const foreign = Object.assign(new Error('from another copy'), { '@caisson/error': 'sandbox', code: 'unavailable' })
  expect(isSandboxError(foreign)).toBe(true)
  expect(isOperationError(foreign)).toBe(false)
  expect(isSandboxError(new Error('plain'))).toBe(false)
  expect(isSandboxError(null)).toBe(false)
})

it('knows which failures may pass by themselves, unless told otherwise', () => {
  expect(new SandboxError('unavailable', 'local', 'down').retryable).toBe(true)
  expect(new SandboxError('template-not-found', 'local', 'no such template').retryable).toBe(false)
  expect(new SandboxError('unavailable', 'local', 'gone for good', { retryable: false }).retryable).toBe(false)
})

it('keeps the cause and leaves it out of the data form', () => {
  const cause = new Error('secret detail')
  const error = new OperationError('invalid-operation', 'no such kind', {
    field: 'kind',
    remedy: 'use code.execute',
    cause,
  })
  expect(error.cause).toBe(cause)
  const data = toErrorData(error)
  expect(data).toEqual({
    kind: 'operation',
    code: 'invalid-operation',
    message: 'no such kind',
    field: 'kind',
    remedy: 'use code.execute',
    retryable: false,
  })
  expect(JSON.stringify(data)).not.toContain('secret detail')
})

it('turns anything thrown into data', () => {
  expect(toErrorData(new TypeError('oops'))).toMatchObject({ kind: 'operation', code: 'internal', message: 'oops' })
  expect(toErrorData('text')).toMatchObject({ code: 'internal', message: 'text' })
})
