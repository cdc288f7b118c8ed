import { gib, hourMs, mib, type Price, secondMs } from '@caisson/core'
import { toNanos } from './money.ts'

/** What was allocated. */
export interface Size {
  readonly cpus: number
  readonly memoryBytes: number
  readonly diskBytes?: number | undefined
}

/** A time in which a sandbox was paused. Without an end it lasts. */
export interface Pause {
  readonly fromAtMs: number
  readonly untilAtMs?: number | undefined
}

/** The time for which a sandbox was somebody's. Pauses may overlap each other and the ends of the stay; they count once, and within it. */
export interface Stay {
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly pauses: readonly Pause[]
}

export interface DayCost {
  /** UTC: `2026-11-21`. */
  readonly day: string
  readonly runningSeconds: number
  readonly pausedSeconds: number
  /** Of storage, which is there while it runs and while it is paused: begun MiB times seconds. */
  readonly diskMibSeconds: number
  readonly nanos: number
}

const dayMs = 24 * hourMs

/**
 * What a stay costs, by day. A begun second counts, once and not once a day: the parts are differences of running totals, so that they add
 * up to `costOf` exactly.
 */
export function costByDay(price: Price, size: Size, { startedAtMs, endedAtMs, pauses }: Stay): readonly DayCost[] {
  const days: DayCost[] = []
  const paused = merged(pauses, startedAtMs, endedAtMs)
  const diskMib = Math.ceil((size.diskBytes ?? 0) / mib)
  let before = { running: 0, paused: 0, nanos: 0 }
  for (let atMs = startedAtMs; atMs < endedAtMs;) {
    const untilMs = Math.min(endedAtMs, (Math.floor(atMs / dayMs) + 1) * dayMs)
    const pausedMs = paused.reduce((total, { fromAtMs, untilAtMs }) => total + overlap(fromAtMs, untilAtMs, untilMs), 0)
    const seconds = split(untilMs - startedAtMs, pausedMs)
    const now = { ...seconds, nanos: nanosOf(price, size, seconds) }
    const runningSeconds = now.running - before.running
    const pausedSeconds = now.paused - before.paused
    days.push({
      day: new Date(atMs).toISOString().slice(0, 10),
      runningSeconds,
      pausedSeconds,
      diskMibSeconds: diskMib * (runningSeconds + pausedSeconds),
      nanos: now.nanos - before.nanos,
    })
    before = now
    atMs = untilMs
  }
  return days
}

/** What this long costs, in nano-dollars. */
export function costOf(
  price: Price,
  size: Size,
  { runningMs, pausedMs = 0 }: { readonly runningMs: number; readonly pausedMs?: number },
): number {
  return nanosOf(price, size, split(runningMs + pausedMs, pausedMs))
}

interface Seconds {
  readonly running: number
  readonly paused: number
}

/** Both grow with time and never shrink, and together they are the whole. */
function split(totalMs: number, pausedMs: number): Seconds {
  const running = Math.ceil((totalMs - pausedMs) / secondMs)
  return { running, paused: Math.ceil(pausedMs / secondMs) }
}

function nanosOf(price: Price, { cpus, memoryBytes, diskBytes = 0 }: Size, { running, paused }: Seconds): number {
  const { perCpuHour, perGibHour, perPausedGibHour = 0, perDiskGibHour = 0 } = price
  const memory = memoryBytes / gib
  const disk = (diskBytes / gib) * perDiskGibHour
  const runningUsd = (cpus * perCpuHour + memory * perGibHour + disk) * running
  return toNanos((runningUsd + (memory * perPausedGibHour + disk) * paused) / 3600)
}

function merged(
  pauses: readonly Pause[],
  fromMs: number,
  endMs: number,
): readonly Required<Pause & { untilAtMs: number }>[] {
  const inside = pauses
    .map(({ fromAtMs, untilAtMs = endMs }) => ({
      fromAtMs: Math.max(fromAtMs, fromMs),
      untilAtMs: Math.min(untilAtMs, endMs),
    }))
    .filter(({ fromAtMs, untilAtMs }) => fromAtMs < untilAtMs)
    .toSorted((left, right) => left.fromAtMs - right.fromAtMs)
  const apart: { fromAtMs: number; untilAtMs: number }[] = []
  for (const pause of inside) {
    const last = apart.at(-1)
    if (last !== undefined && pause.fromAtMs <= last.untilAtMs)
      last.untilAtMs = Math.max(last.untilAtMs, pause.untilAtMs)
    else apart.push({ ...pause })
  }
  return apart
}

function overlap(fromMs: number, untilMs: number, endMs: number): number {
  return Math.max(0, Math.min(untilMs, endMs) - fromMs)
}
