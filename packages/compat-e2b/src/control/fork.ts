import { freshId, mib, type Sandbox } from '@caisson/core'
import { z } from 'zod'
import { E2bError, toE2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'
import { parse } from '../http/read-json.ts'
import type { Handle } from '../http/route.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { openRules } from '../sandboxes/header-rules.ts'
import { canCarryFiles, packFiles, unpackFiles } from '@caisson/compat-kit'
import { sandboxView, stateOf } from '../sandboxes/view.ts'
import { timeoutSchema, toTtlMs } from './create-sandbox.ts'
import { domainFor } from './domain.ts'
import { egressOf } from './egress.ts'
import { egressHeadersFor } from './egress-headers.ts'
import { prepared, readEnv } from './source.ts'

const mostForks = 32
const forkBody = z.object({
  timeout: timeoutSchema.optional(),
  count: z.int().min(1, 'at least one').max(mostForks).default(1),
})

/** `POST /sandboxes/{id}/fork`: each fork succeeds or fails by itself. */
export function forkSandbox(services: Services): Handle {
  const { registry, host, tokens } = services
  return async ({ parts, caller, json, request }) => {
    const { timeout, count } = parse(forkBody, await json())
    const entry = await registry.findFor(parts[0] ?? '', caller)
    if (stateOf(entry) === 'paused') throw new E2bError(409, `sandbox ${entry.record.id} is paused`)
    const ttlMs = timeout === undefined ? entry.record.timeoutMs : toTtlMs(timeout)
    const forks = await Promise.allSettled(await makeForks(services, entry, { caller, ttlMs, count }))
    const results = await Promise.all(
      forks.map(async (fork) => {
        if (fork.status === 'rejected') {
          const { status, message } = toE2bError(fork.reason)
          return { error: { code: status, message } }
        }
        const { paused: _paused, ...inherited } = entry.record
        const record = {
          ...inherited,
          id: freshId('i'),
          adapter: fork.value.adapter,
          sandbox: fork.value.id,
          startedAtMs: Date.now(),
          timeoutMs: ttlMs,
        }
        await registry.add(record, fork.value).catch(async (error: unknown) => {
          await host.close(record)
          throw error
        })
        return { sandbox: sandboxView(record, tokens, domainFor(services, request)) }
      }),
    )
    return { status: 201, body: results }
  }
}

interface Wish {
  readonly caller: E2bCaller
  readonly ttlMs: number
  readonly count: number
}

/** By the adapter, memory included where it can; else new sandboxes with a copy of the files. */
async function makeForks(services: Services, entry: Entry, wish: Wish): Promise<readonly Promise<Sandbox>[]> {
  const { host } = services
  const { sandbox, record } = entry
  const { caller, ttlMs, count } = wish
  if (sandbox.fork !== undefined) {
    const forks = await sandbox.fork(count, { ttlMs, labels: {} })
    return forks.map(async (fork) => await host.adopt(fork, caller))
  }
  if (!(await canCarryFiles(sandbox)))
    throw new E2bError(
      400,
      `sandboxes of ${record.adapter} cannot be forked, and this one has no tar to copy its files`,
    )
  return Array.from({ length: count }, async () => await copyOf(services, entry, wish))
}

async function copyOf(services: Services, { sandbox, record }: Entry, wish: Wish): Promise<Sandbox> {
  const { host, tokens } = services
  const { organization } = record
  const headers = await egressHeadersFor(services, openRules(record.rules, tokens), { organization, lenient: true })
  const { needed, wished } = egressOf(record.network, record.internet, headers)
  const copy = await host.open(
    {
      ...(record.adapterTemplate === undefined ? {} : { template: record.adapterTemplate }),
      ttlMs: wish.ttlMs,
      onExpiry: record.onTimeout === 'pause' ? 'pause' : 'destroy',
      egress: needed,
      env: readEnv(record.env, tokens),
      resources: { cpus: record.cpuCount, memoryBytes: record.memoryMb * mib, diskBytes: record.diskMb * mib },
    },
    wish.caller,
    { wished },
  )
  await prepared(copy, async () => await unpackFiles(copy, await packFiles(sandbox)))
  return copy
}
