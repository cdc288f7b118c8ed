import { randomUUID } from 'node:crypto'
import { canCarryFiles, type GatewayCaller, packFiles, unpackFiles } from '@caisson/compat-kit'
import type { Sandbox } from '@caisson/core'
import type { ForkSandbox, Sandbox as SandboxDto } from '@daytona/api-client'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { bodyOf, parse } from '../http/body.ts'
import { type Handle, ok } from '../http/call.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { sandboxView } from '../sandboxes/view.ts'
import { keepMade } from './keep-made.ts'
import { assertStarted } from './lifecycle.ts'
import { lifetimeMs, makeSandbox, type Plan } from './make-sandbox.ts'
import { assertNameIsFree, nameSchema, withName } from './names.ts'

const forkBody = bodyOf<ForkSandbox>()({ name: nameSchema.optional() })

/** `POST /sandbox/{id}/fork`: with its memory where the adapter can, else a new sandbox with a copy of the files. */
export function forkSandbox(services: Services): Handle<SandboxDto> {
  const { registry, tokens } = services
  return async ({ parts, caller, json, base }) => {
    const { name } = parse(forkBody, await json())
    return await withName(services, { kind: 'sandbox', name, caller }, async () => {
      await assertNameIsFree(services, name, caller)
      const record = await assertStarted(services, parts[0] ?? '', caller)
      const entry = await registry.open(record)
      const id = randomUUID()
      const nowMs = Date.now()
      const { place: _place, ...rest } = record
      const plan: Plan = {
        ...rest,
        id,
        name: name ?? id,
        createdAtMs: nowMs,
        stateAtMs: nowMs,
        volumes: [],
        signingVersion: 0,
      }
      const sandbox = await makeFork(services, entry, { plan, caller })
      return ok(sandboxView(await keepMade(services, plan, sandbox), { base, tokens }))
    })
  }
}

async function makeFork(
  services: Services,
  { sandbox }: Entry,
  { plan, caller }: { readonly plan: Plan; readonly caller: GatewayCaller },
): Promise<Sandbox> {
  if (sandbox.fork !== undefined) {
    const [fork] = await sandbox.fork(1, { ttlMs: lifetimeMs(services, sandbox.adapter), labels: {} })
    if (fork === undefined) throw new DaytonaError(500, `${sandbox.adapter} made no fork`)
    return await services.host.adopt(fork, caller)
  }
  if (!(await canCarryFiles(sandbox)))
    throw new DaytonaError(
      400,
      `sandboxes of ${sandbox.adapter} cannot be forked, and this one has no tar to copy its files`,
    )
  return await makeSandbox(services, plan, {
    caller,
    prepare: async (copy) => await unpackFiles(copy, await packFiles(sandbox)),
  })
}
