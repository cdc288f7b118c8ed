import { secondMs } from '@caisson/core'
import type { Entry } from './entry.ts'
import { stateOf } from './view.ts'

/** One point of a sandbox's use, as E2B words it. */
export interface Sample {
  readonly timestamp: string
  readonly timestampUnix: number
  readonly cpuCount: number
  readonly cpuUsedPct: number
  readonly memUsed: number
  readonly memTotal: number
  readonly memCache: number
  readonly diskUsed: number
  readonly diskTotal: number
}

/** Notes every few seconds what the sandboxes at hand use. */
export interface Sampler extends Disposable {
  /** The samples of a sandbox, oldest first; one is taken if there are none yet. */
  readonly samples: (entry: Entry) => Promise<readonly Sample[]>
}

const everyMs = 5 * secondMs
/** Two hours. */
const mostSamples = 1440

interface History {
  readonly samples: Sample[]
  cpuMs: number
  atMs: number
}

export function createSampler(held: () => readonly Entry[]): Sampler {
  const histories = new WeakMap<Entry, History>()

  const take = async (entry: Entry): Promise<void> => {
    if (entry.gone || stateOf(entry) === 'paused') return
    const metrics = await entry.sandbox.metrics?.()
    if (metrics === undefined) return
    const { atMs, cpuMs, memoryBytes, memoryLimitBytes, diskBytes, diskLimitBytes } = metrics
    const history = histories.get(entry) ?? { samples: [], cpuMs: 0, atMs: entry.record.startedAtMs }
    const passedMs = Math.max(1, atMs - history.atMs)
    history.samples.push({
      timestamp: new Date(atMs).toISOString(),
      timestampUnix: Math.floor(atMs / 1000),
      cpuCount: entry.record.cpuCount,
      cpuUsedPct: Math.round((10_000 * Math.max(0, cpuMs - history.cpuMs)) / passedMs) / 100,
      memUsed: memoryBytes,
      memTotal: memoryLimitBytes,
      memCache: 0,
      diskUsed: diskBytes,
      diskTotal: diskLimitBytes,
    })
    if (history.samples.length > mostSamples) history.samples.shift()
    histories.set(entry, { ...history, cpuMs, atMs })
  }

  const timer = setInterval(() => {
    // A sandbox that ends meanwhile is no failure.
    for (const entry of held()) void take(entry).catch(() => undefined)
  }, everyMs)
  timer.unref()

  return {
    samples: async (entry) => {
      if (histories.get(entry) === undefined) await take(entry)
      return histories.get(entry)?.samples ?? []
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
