import { hourMs } from '@caisson/core'
import { z } from 'zod'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import { parse } from '../http/read-json.ts'
import type { Call, Handle } from '../http/route.ts'
import { cutClients, type Entry } from '../sandboxes/entry.ts'
import { reboot } from '../sandboxes/reboot.ts'
import { sealRules } from '../sandboxes/header-rules.ts'
import { networkSchema } from '../sandboxes/record.ts'
import { detailView, sandboxView, stateOf } from '../sandboxes/view.ts'
import { timeoutSchema, toTtlMs } from './create-sandbox.ts'
import { domainFor } from './domain.ts'
import { replaceEgress } from './replace-egress.ts'

const connectSchema = z.object({ timeout: timeoutSchema.optional(), memory: z.boolean().nullish() })
const timeoutBody = z.object({ timeout: timeoutSchema })
const refreshBody = z.object({ duration: z.number().min(0).max(3600).default(15) })
const pauseBody = z.object({ memory: z.boolean().nullish() })
const networkBody = networkSchema.extend({ allow_internet_access: z.boolean().nullish() })

/** How long a paused sandbox is kept unless its adapter keeps it for less. */
const pausedMs = 30 * 24 * hourMs

async function entryOf({ registry }: Services, { parts, caller }: Call): Promise<Entry> {
  return await registry.findFor(parts[0] ?? '', caller)
}

export function getSandbox(services: Services): Handle {
  return async (call) => {
    const { record, info } = await entryOf(services, call)
    return { status: 200, body: detailView(record, info, { ...services, domain: domainFor(services, call.request) }) }
  }
}

export function killSandbox(services: Services): Handle {
  return async (call) => {
    await services.registry.end(await entryOf(services, call))
    return { status: 204 }
  }
}

export function setTimeoutOf({ registry, ...services }: Services): Handle {
  return async (call) => {
    const { timeout } = parse(timeoutBody, await call.json())
    const entry = await entryOf({ registry, ...services }, call)
    entry.info = await entry.sandbox.extend(toTtlMs(timeout))
    return { status: 204 }
  }
}

/** `POST /sandboxes/{id}/refreshes`: the end of life comes no nearer. */
export function refreshSandbox(services: Services): Handle {
  return async (call) => {
    const { duration } = parse(refreshBody, await call.json())
    await prolong(await entryOf(services, call), toTtlMs(duration))
    return { status: 204 }
  }
}

/** `POST /sandboxes/{id}/connect`, and the older `/resume`, which refuses a sandbox that runs. */
export function connectSandbox(services: Services, { mayRun }: { readonly mayRun: boolean }): Handle {
  const { tokens } = services
  return async (call) => {
    const { timeout, memory } = parse(connectSchema, await call.json())
    const entry = await entryOf(services, call)
    const ttlMs = timeout === undefined ? entry.record.timeoutMs : toTtlMs(timeout)
    const resumed = await resumeSandbox(services, entry, { ttlMs, keepMemory: memory !== false })
    if (!resumed && !mayRun) throw new E2bError(409, `sandbox ${entry.record.id} is already running`)
    if (!resumed) await prolong(entry, ttlMs)
    const body = sandboxView(entry.record, tokens, domainFor(services, call.request))
    return { status: resumed ? 201 : 200, body }
  }
}

/** Lets a paused sandbox go on. False: it was running. */
export async function resumeSandbox(
  { registry }: Services,
  entry: Entry,
  { ttlMs, keepMemory }: { readonly ttlMs: number; readonly keepMemory: boolean },
): Promise<boolean> {
  if (stateOf(entry) !== 'paused') return false
  // Before it goes on: the adapter would end it at once if its time had run out.
  entry.info = await entry.sandbox.extend(ttlMs)
  await entry.sandbox.resume?.()
  // What paused by itself has kept everything until now.
  const { paused, onlyFiles = false } = entry.record
  if (!keepMemory || (paused === undefined && onlyFiles)) await reboot(entry)
  await registry.save(entry, { paused: undefined })
  await registry.look(entry)
  return true
}

export function pauseSandbox(services: Services): Handle {
  const { registry, host } = services
  return async (call) => {
    const { memory } = parse(pauseBody, await call.json())
    const entry = await entryOf(services, call)
    const { sandbox, record } = entry
    if (stateOf(entry) === 'paused') throw new E2bError(409, `sandbox ${record.id} is already paused`)
    if (sandbox.pause === undefined) throw new E2bError(400, `sandboxes of ${record.adapter} cannot be paused`)
    if (memory === false) await reboot(entry)
    await registry.save(entry, { paused: memory === false ? 'files' : 'memory' })
    cutClients(entry)
    try {
      const adapter = host.adapters.find(({ name }) => name === record.adapter)
      entry.info = await sandbox.extend(Math.min(pausedMs, adapter?.maxTtlMs ?? pausedMs))
      await sandbox.pause()
    } catch (error) {
      await registry.save(entry, { paused: undefined })
      throw error
    }
    return { status: 204 }
  }
}

/** Replaces what was said at creation; what is left out is taken back. */
export function setNetwork(services: Services): Handle {
  const { registry } = services
  return async (call) => {
    const { allow_internet_access, rules, ...network } = parse(networkBody, await call.json())
    const entry = await entryOf(services, call)
    const internet = allow_internet_access ?? true
    await replaceEgress(services, entry, { network, rules, internet })
    const { allowPublicTraffic, maskRequestHost, httpsPorts } = entry.record.network ?? {}
    const kept = Object.fromEntries(
      Object.entries({ allowPublicTraffic, maskRequestHost, httpsPorts }).filter(([, value]) => value !== undefined),
    )
    await registry.save(entry, {
      network: { ...kept, ...network },
      ...sealRules(rules, services.tokens),
      internet,
    })
    return { status: 204 }
  }
}

async function prolong(entry: Entry, ttlMs: number): Promise<void> {
  if (Date.now() + ttlMs > entry.info.expiresAtMs) entry.info = await entry.sandbox.extend(ttlMs)
}
