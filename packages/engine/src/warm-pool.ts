import { setTimeout as delay } from 'node:timers/promises'
import {
  minuteMs,
  runProcess,
  secondMs,
  type Sandbox,
  type SandboxAdapter,
  type SandboxSpec,
  toErrorData,
} from '@caisson/core'
import { specKey } from './adapters/spec-key.ts'
import type { Logger, WarmPoolEntry } from './engine-options.ts'
import { type AnswerOptions, answerOf } from './runs/answer-of.ts'

/** Sandboxes kept ready. Whoever takes one owns it and destroys it after use; nothing ever comes back. */
export interface WarmPool {
  /** A sandbox of this adapter for this spec, at once, or `undefined`. Its place is filled again in the background. */
  readonly take: (adapter: string, spec: SandboxSpec) => Sandbox | undefined
  /** Resolves when every place is filled, or could not be: `refresh` tries again. */
  readonly ready: () => Promise<void>
  /** Prolongs what waits, and fills what is missing. Called now and then. */
  readonly refresh: () => Promise<void>
  /** Destroys what waits and takes nothing in any more. */
  readonly drain: () => Promise<void>
}

export interface WarmPoolOptions {
  readonly entries: readonly WarmPoolEntry[]
  readonly adapters: readonly SandboxAdapter[]
  /** Carried by every sandbox of the pool, so that what a dead owner left is found. */
  readonly labels: Readonly<Record<string, string>>
  readonly logger: Logger
  /** How long an adapter may take to destroy a sandbox or to give up creating one. Default 5 s. */
  readonly answerMs?: number | undefined
}

const defaultTtlMs = 10 * minuteMs
/** Whoever takes a sandbox begins before the next one is made, which takes the machine's breath away for a moment. */
const headStartMs = 50

interface Place {
  readonly adapter: SandboxAdapter
  readonly spec: SandboxSpec
  readonly key: string
  readonly size: number
  readonly waiting: Sandbox[]
  filling: number
}

export function createWarmPool(options: WarmPoolOptions): WarmPool {
  const { entries, adapters, labels, logger, answerMs = 5 * secondMs } = options
  const warn = (error: unknown) =>
    logger.warn({ error: toErrorData(error) }, 'the warm pool could not be drained in time')
  const closing = new AbortController()
  const work = new Set<Promise<void>>()
  const places = entries.map(({ adapter: name, spec, size }): Place => {
    const adapter = adapters.find((candidate) => candidate.name === name)
    if (adapter === undefined) throw new TypeError(`warmPool names the adapter "${name}", which is not there`)
    const ttlMs = Math.min(spec.ttlMs ?? defaultTtlMs, adapter.capabilities.maxTtlMs)
    const whole = { ...spec, ttlMs, labels: { ...spec.labels, ...labels, pool: 'warm' } }
    return { adapter, spec: whole, key: specKey(spec), size, waiting: [], filling: 0 }
  })

  const add = async (place: Place, afterMs: number) => {
    try {
      if (afterMs > 0) await delay(afterMs, undefined, { signal: closing.signal })
      const sandbox = await place.adapter.create(place.spec, { signal: closing.signal })
      await prime(sandbox, { answerMs, signals: [closing.signal] })
      if (closing.signal.aborted) await sandbox.destroy()
      else place.waiting.push(sandbox)
    } catch (error) {
      if (!closing.signal.aborted) {
        logger.warn({ adapter: place.adapter.name, error: toErrorData(error) }, 'the warm pool could not be filled')
      }
    } finally {
      place.filling -= 1
    }
  }
  const fill = (place: Place, afterMs = 0) => {
    while (!closing.signal.aborted && place.waiting.length + place.filling < place.size) {
      place.filling += 1
      const adding = add(place, afterMs).finally(() => work.delete(adding))
      work.add(adding)
    }
  }
  const prolong = async (place: Place, sandbox: Sandbox) => {
    try {
      await sandbox.extend(place.spec.ttlMs ?? defaultTtlMs)
    } catch {
      const index = place.waiting.indexOf(sandbox)
      if (index >= 0) place.waiting.splice(index, 1)
    }
  }
  for (const place of places) fill(place)

  return {
    take: (adapter, spec) => {
      const candidates = places.filter((place) => place.adapter.name === adapter && place.waiting.length > 0)
      if (candidates.length === 0) return undefined
      const key = specKey(spec)
      const place = candidates.find((candidate) => candidate.key === key)
      const sandbox = place?.waiting.shift()
      if (place !== undefined) fill(place, headStartMs)
      return sandbox
    },
    ready: async () => {
      while (work.size > 0) await Promise.all(work)
    },
    refresh: async () => {
      await Promise.all(places.flatMap((place) => place.waiting.map(async (sandbox) => await prolong(place, sandbox))))
      for (const place of places) fill(place)
    },
    drain: async () => {
      closing.abort()
      // What an adapter brings later than this is destroyed when it comes.
      await answerOf(async () => await Promise.all(work), { answerMs }).catch(warn)
      const rest = places.flatMap(({ waiting }) => waiting.splice(0))
      await answerOf(
        async (options) => await Promise.all(rest.map(async (sandbox) => await sandbox.destroy(options))),
        { answerMs },
      ).catch(warn)
    },
  }
}

/** How many commands it takes until another one takes no longer than in a sandbox that has been used for a while. */
const firstCommands = 3

/** The first commands of a sandbox take longer than those after them: connections are made, programs are read from disk, code is seen for the first time. */
async function prime(sandbox: Sandbox, options: AnswerOptions): Promise<void> {
  await answerOf(async ({ signal }) => {
    for (let count = 0; count < firstCommands; count += 1) await runProcess(sandbox, { argv: ['true'] }, { signal })
  }, options).catch(() => undefined)
}
