import { gib, hourMs, type Price } from '@caisson/core'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { costByDay, costElsewhere, costOf, hostPrice, priceBook, toNanos, type Stay } from '../src/index.ts'

const price: Price = {
  currency: 'USD',
  perCpuHour: 0.0504,
  perGibHour: 0.0162,
  perPausedGibHour: 0.0036,
  source: 'test',
  asOf: '2026-11-21',
}
const size = { cpus: 2, memoryBytes: gib / 2 }
const startMs = Date.UTC(2026, 10, 21, 23, 0, 0)
const dayMs = 24 * hourMs

const stays = fc
  .record({
    startedAtMs: fc.integer({ min: startMs - dayMs, max: startMs + dayMs }),
    lengthMs: fc.integer({ min: 0, max: 4 * dayMs }),
    pauses: fc.array(
      fc.record({
        from: fc.integer({ min: -dayMs, max: 5 * dayMs }),
        length: fc.option(fc.integer({ min: 0, max: 2 * dayMs }), { nil: undefined }),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ startedAtMs, lengthMs, pauses }): Stay => ({
    startedAtMs,
    endedAtMs: startedAtMs + lengthMs,
    pauses: pauses.map(({ from, length }) => ({
      fromAtMs: startedAtMs + from,
      ...(length === undefined ? {} : { untilAtMs: startedAtMs + from + length }),
    })),
  }))

const sum = (days: ReturnType<typeof costByDay>) => ({
  running: days.reduce((total, { runningSeconds }) => total + runningSeconds, 0),
  paused: days.reduce((total, { pausedSeconds }) => total + pausedSeconds, 0),
  nanos: days.reduce((total, { nanos }) => total + nanos, 0),
})

/** Milliseconds that any pause covers, counted without cleverness. */
function pausedMsOf({ startedAtMs, endedAtMs, pauses }: Stay): number {
  const edges = [
    ...new Set([
      startedAtMs,
      endedAtMs,
      ...pauses.flatMap(({ fromAtMs, untilAtMs = endedAtMs }) => [fromAtMs, untilAtMs]),
    ]),
  ]
    .filter((edge) => edge >= startedAtMs && edge <= endedAtMs)
    .toSorted((left, right) => left - right)
  return edges.reduce((total, edge, index) => {
    const next = edges[index + 1] ?? edge
    const isPaused = pauses.some(({ fromAtMs, untilAtMs = endedAtMs }) => fromAtMs <= edge && next <= untilAtMs)
    return isPaused ? total + next - edge : total
  }, 0)
}

it('costs a second when it has begun, at the prices of what was allocated', () => {
  const stay = { startedAtMs: startMs, endedAtMs: startMs + 1, pauses: [] }
  // 2 × 14,000 for the CPUs, half of 4,500 for the memory.
  expect(costByDay(price, size, stay)).toEqual([
    { day: '2026-11-21', runningSeconds: 1, pausedSeconds: 0, diskMibSeconds: 0, nanos: 30_250 },
  ])
  expect(costOf(price, size, { runningMs: hourMs })).toBe(108_900_000)
})

it('tells running from paused, and one day from the next', () => {
  const stay = {
    startedAtMs: startMs,
    endedAtMs: startMs + 3 * hourMs,
    pauses: [{ fromAtMs: startMs + hourMs / 2, untilAtMs: startMs + 2 * hourMs }],
  }
  expect(costByDay(price, size, stay)).toEqual([
    { day: '2026-11-21', runningSeconds: 1800, pausedSeconds: 1800, diskMibSeconds: 0, nanos: 54_450_000 + 900_000 },
    { day: '2026-11-22', runningSeconds: 3600, pausedSeconds: 3600, diskMibSeconds: 0, nanos: 108_900_000 + 1_800_000 },
  ])
})

it('meters storage by the second, running and paused alike', () => {
  const withDisk = { ...price, perDiskGibHour: 0.0036 }
  const stay = { startedAtMs: startMs, endedAtMs: startMs + 3000, pauses: [{ fromAtMs: startMs + 1000 }] }
  const [day] = costByDay(withDisk, { ...size, diskBytes: 2 * gib }, stay)
  // A second of running, two of pause, three of 2 GiB at a thousandth of a thousandth of a dollar.
  expect(day).toEqual({
    day: '2026-11-21',
    runningSeconds: 1,
    pausedSeconds: 2,
    diskMibSeconds: 3 * 2048,
    nanos: 30_250 + 2 * 500 + 3 * 2000,
  })
  expect(costOf(withDisk, { ...size, diskBytes: 2 * gib }, { runningMs: 1000, pausedMs: 2000 })).toBe(day?.nanos)
})

it('adds up to the whole, whatever the days and the pauses', () => {
  fc.assert(
    fc.property(stays, (stay) => {
      const days = costByDay(price, size, stay)
      const pausedMs = pausedMsOf(stay)
      const runningMs = stay.endedAtMs - stay.startedAtMs - pausedMs
      const total = sum(days)
      expect(total.running).toBe(Math.ceil(runningMs / 1000))
      expect(total.paused).toBe(Math.ceil(pausedMs / 1000))
      expect(total.nanos).toBe(costOf(price, size, { runningMs, pausedMs }))
      for (const { runningSeconds, pausedSeconds, nanos } of days) {
        expect(Math.min(runningSeconds, pausedSeconds, nanos)).toBeGreaterThanOrEqual(0)
        expect(Number.isSafeInteger(nanos)).toBe(true)
      }
      expect(new Set(days.map(({ day }) => day)).size).toBe(days.length)
    }),
  )
})

it('never costs less for staying longer, nor more for pausing where pauses are cheaper', () => {
  fc.assert(
    fc.property(stays, fc.integer({ min: 0, max: dayMs }), (stay, more) => {
      const cost = sum(costByDay(price, size, stay)).nanos
      const closed = { ...stay, pauses: stay.pauses.map((pause) => ({ untilAtMs: stay.endedAtMs, ...pause })) }
      expect(sum(costByDay(price, size, { ...closed, endedAtMs: stay.endedAtMs + more })).nanos).toBeGreaterThanOrEqual(
        cost,
      )
      // A begun second of each kind counts: one second is what a pause may add.
      expect(cost).toBeLessThanOrEqual(sum(costByDay(price, size, { ...stay, pauses: [] })).nanos + 30_250)
    }),
  )
})

it('shares the price of a machine out among sandboxes that fill it', () => {
  const machine = { cpus: 8, memoryBytes: 32 * gib }
  const share = hostPrice(0.4, machine, '2026-11-21')
  expect(costOf(share, machine, { runningMs: hourMs })).toBe(toNanos(0.4))
  const small = { cpus: 1, memoryBytes: 4 * gib }
  expect(8 * costOf(share, small, { runningMs: hourMs })).toBe(toNanos(0.4))
})

it('says where each price of the book comes from', () => {
  for (const entry of priceBook) {
    expect(entry.price.source.length).toBeGreaterThan(10)
    expect(entry.price.asOf).toMatch(/^\d{4}-\d\d-\d\d$/)
  }
  // The page of E2B that tells of 8 CPUs and 4 GB says $0.468 an hour.
  expect(costElsewhere({ cpus: 8, memoryBytes: 4 * gib }, { sandboxes: 1, durationMs: hourMs })).toMatchObject([
    { provider: 'e2b', amountUsd: 0.468 },
    { provider: 'daytona' },
  ])
})
