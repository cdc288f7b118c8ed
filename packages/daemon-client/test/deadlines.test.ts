import { array, assert, integer, nat, oneof, property, record } from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createDeadlines, type Deadline } from '../src/deadlines.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('ends what is not forgotten when its time has come, and nothing before', () => {
  const steps = array(
    oneof(
      record({ add: integer({ min: 0, max: 100 }) }),
      record({ pass: integer({ min: 1, max: 50 }) }),
      record({ forget: nat(20) }),
    ),
    { maxLength: 40 },
  )
  assert(
    property(steps, (taken) => {
      const deadlines = createDeadlines()
      const added: { deadline: Deadline; dueMs: number; isForgotten: boolean; endedAtMs: number | undefined }[] = []
      for (const step of taken) {
        if ('add' in step) {
          const dueMs = performance.now() + step.add
          const end = () => void (entry.endedAtMs = performance.now())
          const entry: (typeof added)[number] = {
            deadline: deadlines.add(step.add, end),
            dueMs,
            isForgotten: false,
            endedAtMs: undefined,
          }
          added.push(entry)
        } else if ('pass' in step) vi.advanceTimersByTime(step.pass)
        else {
          const entry = added[step.forget]
          if (entry === undefined || entry.endedAtMs !== undefined) continue
          deadlines.forget(entry.deadline)
          entry.isForgotten = true
        }
      }
      vi.advanceTimersByTime(200)
      for (const { dueMs, isForgotten, endedAtMs } of added) {
        if (isForgotten) expect(endedAtMs).toBeUndefined()
        else expect((endedAtMs ?? Infinity) - dueMs).toBeLessThan(2)
        if (endedAtMs !== undefined) expect(endedAtMs).toBeGreaterThanOrEqual(dueMs)
      }
    }),
  )
})

it('keeps a call that may take longer than a timer can', () => {
  const end = vi.fn<() => void>()
  createDeadlines().add(Number.MAX_SAFE_INTEGER, end)
  vi.advanceTimersByTime(0x7fff_ffff)
  expect(end).not.toHaveBeenCalled()
})
