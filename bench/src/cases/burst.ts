import type { Sandbox } from '@caisson/core'
import type { BenchCase } from '../case.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'
import { quantile } from '../statistics.ts'

const size = 20

export const burstCase: BenchCase = {
  id: 'P9',
  title: `local: p95 of a burst of ${size} creates, over one create at a time`,
  unit: 'ms',
  goals: [{ against: 'one at a time', atMost: 2 }],
  repetitions: 30,
  prepare: async () => {
    const local = await openLocalSandboxes()
    const create = async (created: Sandbox[]) =>
      await timed(async () => {
        created.push(await local.adapter.create({}))
      })
    const destroyAll = async (created: readonly Sandbox[]) => {
      await Promise.all(created.map(async (sandbox) => await sandbox.destroy()))
    }
    return {
      subjects: [
        {
          name: `burst of ${size}, p95`,
          once: async () => {
            const created: Sandbox[] = []
            const times = await Promise.all(Array.from({ length: size }, async () => await create(created)))
            await destroyAll(created)
            return quantile(times, 0.95)
          },
        },
        {
          name: 'one at a time',
          once: async () => {
            const created: Sandbox[] = []
            const elapsedMs = await create(created)
            await destroyAll(created)
            return elapsedMs
          },
        },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await local[Symbol.asyncDispose](),
    }
  },
}
