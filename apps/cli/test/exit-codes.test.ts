import { OperationError, operationErrorCodes, SandboxError, sandboxErrorCodes } from '@caisson/core'
import { expect, it } from 'vitest'
import { exitCodeOfError, exitCodeOfRun, exitCodeTable } from '../src/exit-codes.ts'
import { someRun } from './support/command-line.ts'

it.each([
  [{ kind: 'exited', code: 0 }, 0],
  [{ kind: 'exited', code: 5 }, 5],
  [{ kind: 'exited', code: 255 }, 255],
  [{ kind: 'signaled', signal: 'SIGSEGV' }, 139],
  [{ kind: 'timed-out' }, 124],
  [{ kind: 'cancelled' }, 130],
  [{ kind: 'out-of-memory' }, 137],
  [{ kind: 'output-limit' }, 153],
] as const)('passes on how the program ended: %j is %i', (outcome, exitCode) => {
  expect(exitCodeOfRun(someRun({ outcome }))).toBe(exitCode)
})

it('tells a denial and an infrastructure failure from a failed program', () => {
  const error = { kind: 'sandbox', message: '', retryable: true } as const
  const without = { outcome: undefined }
  expect(exitCodeOfRun(someRun({ ...without, status: 'denied' }))).toBe(77)
  expect(exitCodeOfRun(someRun({ ...without, status: 'cancelled' }))).toBe(130)
  expect(exitCodeOfRun(someRun({ ...without, status: 'failed', error: { ...error, code: 'unavailable' } }))).toBe(69)
  expect(exitCodeOfRun(someRun({ ...without, status: 'failed', error: { ...error, code: 'rate-limited' } }))).toBe(75)
  expect(exitCodeOfRun(someRun({ ...without, status: 'failed' }))).toBe(1)
})

it('takes only what a program of the caller ended with, and never a tool that ended well for a success', () => {
  const outcome = { kind: 'exited', code: 0 } as const
  const error = { kind: 'sandbox', code: 'unavailable', message: '', retryable: true } as const
  expect(exitCodeOfRun(someRun({ kind: 'http.request', outcome, status: 'failed', error }))).toBe(69)
  expect(exitCodeOfRun(someRun({ kind: 'code.execute', outcome, status: 'failed', error }))).toBe(69)
  expect(
    exitCodeOfRun(someRun({ kind: 'document.parse', outcome: { kind: 'exited', code: 3 }, status: 'failed' })),
  ).toBe(1)
  expect(
    exitCodeOfRun(someRun({ kind: 'document.parse', outcome: { kind: 'exited', code: 3 }, status: 'succeeded' })),
  ).toBe(0)
})

it('never calls a failure a success, and documents every code that it uses', () => {
  const documented = new Set(exitCodeTable.map(([code]) => code))
  const codes = [
    ...sandboxErrorCodes.map((code) => exitCodeOfError(new SandboxError(code, 'a', 'm'))),
    ...operationErrorCodes.map((code) => exitCodeOfError(new OperationError(code, 'm'))),
    exitCodeOfError(new Error('bug')),
  ]
  for (const code of codes) {
    expect(code).not.toBe(0)
    expect(documented).toContain(String(code))
  }
})
