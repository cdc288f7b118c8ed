import { minuteMs } from '@caisson/core'
import { between, eventually, pause, rejects, same } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { ensureGone, isGone } from '../kit/presence.ts'
import { output } from '../kit/programs.ts'

export const lifetimeChecks: Checks = {
  'lifecycle.ttl': async (kit) => {
    const ttlMs = 1000
    const beganAtMs = Date.now()
    const { id } = await kit.fresh({ ttlMs })
    const other = await kit.other()
    await eventually('the sandbox ends by itself', 10_000, async () => await isGone(other, id))
    between(Date.now() - beganAtMs, 0.9 * ttlMs, 10_000, 'length of its life in ms')
    await ensureGone(other, id)
  },

  'lifecycle.extend-longer': async (kit) => {
    const sandbox = await kit.fresh({ ttlMs: 1500 })
    const info = await sandbox.extend(2 * minuteMs)
    between(info.expiresAtMs - Date.now(), 1.9 * minuteMs, 2.1 * minuteMs, 'time left in ms')
    await pause(2000)
    same(await output(sandbox, 'echo alive'), 'alive', 'output after the first end')
  },

  'lifecycle.extend-shorter': async (kit) => {
    const sandbox = await kit.fresh({ ttlMs: 5 * minuteMs })
    const info = await sandbox.extend(1000)
    between(info.expiresAtMs - Date.now(), -1000, 1100, 'time left in ms')
    await eventually('the sandbox ends by itself', 8000, async () => await isGone(kit.adapter, sandbox.id))
  },

  'lifecycle.extend-too-long': async (kit) => {
    const sandbox = await kit.shared()
    const before = await sandbox.info()
    const tooLong = kit.capabilities.maxTtlMs + 1000
    await rejects(async () => await sandbox.extend(tooLong), 'invalid-argument', 'extend')
    same((await sandbox.info()).expiresAtMs, before.expiresAtMs, 'end of life')
  },
}
