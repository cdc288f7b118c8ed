import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createExpiryTimers } from '../src/index.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('asks when the time is over, and again for as long as it is told to', async () => {
  const answers = [500, undefined]
  const asked: number[] = []
  createExpiryTimers().watch('a', 1000, async () => {
    asked.push(Date.now())
    return answers.shift()
  })
  const startMs = Date.now()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(asked.map((atMs) => atMs - startMs)).toEqual([1001, 1502])
})

test('a failure is tried again', async () => {
  let tries = 0
  createExpiryTimers().watch('a', 0, async () => {
    tries += 1
    if (tries < 3) throw new Error('the engine is away')
    return undefined
  })
  await vi.advanceTimersByTimeAsync(5000)
  expect(tries).toBe(3)
})

test('a later end replaces an earlier one, a far one does not fire at once, and closing stops all', async () => {
  const ends: string[] = []
  const timers = createExpiryTimers()
  const end = (name: string) => async () => {
    ends.push(name)
    return undefined
  }
  timers.watch('a', 100, end('first'))
  timers.watch('a', 200, end('second'))
  timers.watch('b', 300, end('closed'))
  await vi.advanceTimersByTimeAsync(250)
  timers.close()
  timers.watch('c', 0x1_0000_0000, end('far'))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(ends).toEqual(['second'])
})
