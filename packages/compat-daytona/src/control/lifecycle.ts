import type { GatewayCaller } from '@caisson/compat-kit'
import type { ResizeSandbox, Sandbox as SandboxDto } from '@daytona/api-client'
import { z } from 'zod'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { bodyOf, parse } from '../http/body.ts'
import { type Call, type Handle, ok } from '../http/call.ts'
import { lastActivity, noteActivity } from '../sandboxes/activity.ts'
import type { SandboxRecord } from '../sandboxes/record.ts'
import { sandboxView } from '../sandboxes/view.ts'
import { archive, pause, resize, start, stop } from './states.ts'

/** Changes the sandbox that a call names, one change after the other, and answers with what it is then. */
export function changeSandbox(
  services: Services,
  change: (record: SandboxRecord, call: Call) => Promise<SandboxRecord>,
): Handle<SandboxDto> {
  const { registry, host, tokens } = services
  return async (call) => {
    const { id } = await registry.find(call.parts[0] ?? '', call.caller)
    const record = await registry.alone(id, async () => await change(await registry.find(id, call.caller), call))
    const lastActivityAtMs = await lastActivity(host, record)
    return ok(sandboxView(record, { tokens, base: call.base, lastActivityAtMs }))
  }
}

export function readSandbox(services: Services): Handle<SandboxDto> {
  const { registry, host, tokens } = services
  return async ({ parts, caller, base }) => {
    const record = await registry.find(parts[0] ?? '', caller)
    return ok(sandboxView(record, { tokens, base, lastActivityAtMs: await lastActivity(host, record) }))
  }
}

export function removeSandbox(services: Services): Handle<SandboxDto> {
  const { registry, tokens } = services
  return async ({ parts, caller, base }) => {
    const record = await registry.find(parts[0] ?? '', caller)
    await registry.alone(record.id, async () => await registry.end(await registry.find(record.id, caller)))
    return ok({ ...sandboxView(record, { tokens, base }), state: 'destroyed', desiredState: 'destroyed' })
  }
}

export function startSandbox(services: Services): Handle<SandboxDto> {
  return changeSandbox(services, async (record, { caller }) => {
    await noteActivity(services.host, record)
    return await start(services, record, caller)
  })
}

export function stopSandbox(services: Services): Handle<SandboxDto> {
  return changeSandbox(services, async (record) => {
    const stopped = await stop(services, record)
    if (stopped.autoDeleteMinutes === 0) await services.registry.end(stopped)
    return stopped
  })
}

export function pauseSandbox(services: Services): Handle<SandboxDto> {
  return changeSandbox(services, async (record) => await pause(services, record))
}

export function archiveSandbox(services: Services): Handle<SandboxDto> {
  return changeSandbox(services, async (record) => await archive(services, record))
}

/** What could not be made is made anew under another name: there is nothing of it to recover. */
export function recoverSandbox(services: Services): Handle<SandboxDto> {
  return changeSandbox(services, async (record) => {
    throw new DaytonaError(400, `sandbox ${record.id} is ${record.state}: there is nothing to recover`)
  })
}

const amount = z.number().positive().max(1024).optional()
const resizeBody = bodyOf<ResizeSandbox>()({ cpu: amount, memory: amount, disk: amount })

export function resizeSandbox(services: Services): Handle<SandboxDto> {
  return changeSandbox(services, async (record, { json, caller }) => {
    const { cpu, memory, disk } = parse(resizeBody, await json())
    if (record.state !== 'stopped')
      throw new DaytonaError(
        409,
        `sandbox ${record.id} is ${record.state}: stop it first, a running one keeps its size`,
      )
    if (disk !== undefined && disk < record.diskGib) throw new DaytonaError(400, 'disk: it can only grow')
    const size = {
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memoryGib: memory }),
      ...(disk === undefined ? {} : { diskGib: disk }),
    }
    return await resize(services, record, { caller, size })
  })
}

/** The sandbox that a call names, in a state in which programs can run. */
export async function assertStarted(services: Services, id: string, caller: GatewayCaller): Promise<SandboxRecord> {
  const record = await services.registry.find(id, caller)
  if (record.state === 'started') return record
  throw new DaytonaError(409, `sandbox ${record.id} is ${record.state}`)
}
