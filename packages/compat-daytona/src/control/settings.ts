import { minuteMs } from '@caisson/core'
import type { Sandbox as SandboxDto, SandboxLabels, UpdateSandboxNetworkSettings } from '@daytona/api-client'
import { z } from 'zod'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { bodyOf, parse } from '../http/body.ts'
import { type Handle, ok } from '../http/call.ts'
import { noteActivity } from '../sandboxes/activity.ts'
import { labelsSchema, type SandboxRecord } from '../sandboxes/record.ts'
import { egressOf } from './egress.ts'
import { changeSandbox } from './lifecycle.ts'

const labelsBody = bodyOf<SandboxLabels>()({ labels: labelsSchema })

export function replaceLabels(services: Services): Handle<SandboxLabels> {
  const { registry } = services
  return async ({ parts, caller, json }) => {
    const { labels } = parse(labelsBody, await json())
    const record = await registry.find(parts[0] ?? '', caller)
    await registry.alone(record.id, async () => await registry.save(await registry.find(record.id, caller), { labels }))
    return ok({ labels })
  }
}

type Interval = 'autoStopMinutes' | 'autoPauseMinutes' | 'autoArchiveMinutes' | 'autoDeleteMinutes'
const longestMinutes = 60 * 24 * 365

/** `POST /sandbox/{id}/autostop/{minutes}` and its likes; 0 turns it off, and for deletion -1. */
export function setInterval(services: Services, name: Interval): Handle<SandboxDto> {
  const least = name === 'autoDeleteMinutes' ? -1 : 0
  return changeSandbox(services, async (record, { parts }) => {
    const minutes = parse(z.coerce.number().int().min(least).max(longestMinutes), parts[1])
    return await services.registry.save(record, { [name]: minutes })
  })
}

/** Minutes from now after which it is deleted in any case; 0: never. */
export function setTtl(services: Services): Handle<SandboxDto> {
  return changeSandbox(services, async (record, { parts }) => {
    const minutes = parse(z.coerce.number().int().min(0).max(longestMinutes), parts[1])
    const { endsAtMs: _before, ...rest } = record
    return await services.registry.save(minutes === 0 ? rest : { ...rest, endsAtMs: Date.now() + minutes * minuteMs })
  })
}

export function setPublic(services: Services): Handle<SandboxDto> {
  return changeSandbox(services, async (record, { parts }) => {
    const isPublic = parse(z.enum(['true', 'false']), parts[1]) === 'true'
    return await services.registry.save(record, { public: isPublic })
  })
}

export function refreshActivity(services: Services): Handle<never> {
  return async ({ parts, caller }) => {
    await noteActivity(services.host, await services.registry.find(parts[0] ?? '', caller))
    return { status: 200 }
  }
}

const list = z.string().max(4096).optional()
const networkBody = bodyOf<UpdateSandboxNetworkSettings>()({
  networkBlockAll: z.boolean().optional(),
  networkAllowList: list,
  domainAllowList: list,
})

/** What is left out stays. */
export function setNetwork(services: Services): Handle<SandboxDto> {
  return changeSandbox(services, async (record, { json }) => {
    const { networkBlockAll, networkAllowList, domainAllowList } = parse(networkBody, await json())
    const network: SandboxRecord['network'] = {
      ...record.network,
      ...(networkBlockAll === undefined ? {} : { blockAll: networkBlockAll }),
      ...(networkAllowList === undefined ? {} : { allowList: networkAllowList }),
      ...(domainAllowList === undefined ? {} : { domainAllowList }),
    }
    const policy = egressOf(network)
    if (record.state !== 'archived') {
      const { setEgress, adapter } = (await services.registry.open(record)).sandbox
      if (setEgress !== undefined) await setEgress(policy)
      else if (JSON.stringify(policy) !== JSON.stringify(egressOf(record.network)))
        throw new DaytonaError(400, `what a sandbox of ${adapter} reaches cannot be changed after its creation`)
    }
    return await services.registry.save(record, { network })
  })
}

export function readSigningKey({ registry, tokens }: Services): Handle<string> {
  return async ({ parts, caller }) => {
    const { id, signingVersion } = await registry.find(parts[0] ?? '', caller)
    return ok(tokens.signing(id, signingVersion))
  }
}

/** Addresses that were signed before are worth nothing from now on. */
export function rotateSigningKey({ registry, tokens }: Services): Handle<string> {
  return async ({ parts, caller }) => {
    const { id } = await registry.find(parts[0] ?? '', caller)
    const { signingVersion } = await registry.alone(id, async () => {
      const record = await registry.find(id, caller)
      return await registry.save(record, { signingVersion: record.signingVersion + 1 })
    })
    return ok(tokens.signing(id, signingVersion))
  }
}
