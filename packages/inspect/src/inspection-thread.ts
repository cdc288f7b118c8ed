import { Worker } from 'node:worker_threads'
import { type Finding, findingSchema } from '@caisson/core'
import type { Part } from './collect-parts.ts'
import type { InspectorLimits } from './limits.ts'

/** Loading takes a tenth of a second; this is for machines that are busy with other things. */
const startMs = 30_000

const findingsSchema = findingSchema.array()

/** Why a part has no findings of its own, in words that complete "It could not be inspected: ". */
export class InspectionFailure extends Error {}

/** A thread that inspects one part at a time and is thrown away as soon as anything is wrong with it. */
export interface InspectionThread {
  /** Throws `InspectionFailure`; the thread is of no use then. */
  readonly inspect: (part: Part, withinMs: number) => Promise<readonly Finding[]>
  readonly isUsable: () => boolean
  readonly end: () => Promise<void>
}

export function startThread({ heapBytes }: InspectorLimits): InspectionThread {
  const typescript = import.meta.url.endsWith('.ts')
  const worker = new Worker(new URL(typescript ? './worker.ts' : './worker.js', import.meta.url), {
    name: 'caisson-inspect',
    env: {},
    execArgv: typescript ? ['--conditions=@caisson/source'] : [],
    resourceLimits: { maxOldGenerationSizeMb: heapBytes / 1024 / 1024 },
  })
  /** An idle thread keeps no process alive. */
  worker.unref()
  let failure: InspectionFailure | undefined
  let waiting: ((answer: unknown) => void) | undefined

  const fail = (why: string) => {
    failure ??= new InspectionFailure(why)
    void worker.terminate()
    waiting?.(failure)
  }
  worker.on('message', (answer: unknown) => waiting?.(answer))
  worker.on('error', (error) => {
    fail(
      'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it needed too much memory' : 'inspection failed',
    )
  })
  worker.on('exit', () => {
    fail('inspection ended')
  })

  /** The next answer, or why there is none. */
  const answer = async (withinMs: number): Promise<unknown> => {
    if (failure !== undefined) throw failure
    worker.ref()
    const timer = setTimeout(() => {
      fail('it took too long')
    }, withinMs)
    try {
      const received = await new Promise<unknown>((resolve) => (waiting = resolve))
      if (received instanceof InspectionFailure) throw received
      return received
    } finally {
      waiting = undefined
      clearTimeout(timer)
      worker.unref()
    }
  }
  let ready: Promise<unknown> | undefined = answer(startMs)
  ready.catch(() => undefined)

  return {
    inspect: async (part, withinMs) => {
      if (ready !== undefined) await ready
      ready = undefined
      if (failure === undefined) worker.postMessage(part, [])
      const parsed = findingsSchema.safeParse(await answer(withinMs))
      if (parsed.success) return parsed.data
      fail('inspection failed')
      throw new InspectionFailure('inspection failed')
    },
    isUsable: () => failure === undefined,
    end: async () => {
      fail('inspection ended')
      await worker.terminate()
    },
  }
}
