import { parseSpec } from '@caisson/adapter-kit'
import type { AdapterHealth, SandboxAdapter } from '@caisson/core'
import { adapterName } from './adapter-name.ts'
import { capabilities } from './capabilities.ts'
import { mapError, mapped } from './map-error.ts'
import { createSandbox } from './sandbox.ts'
import type { SampleService } from './service.ts'

export interface SampleAdapterOptions {
  /** The provider. */
  readonly service: SampleService
}

export function createSampleAdapter({ service }: SampleAdapterOptions): SandboxAdapter {
  return {
    specificationVersion: 'caisson-adapter-v1',
    name: adapterName,
    capabilities,
    create: async (input, options) => {
      const spec = parseSpec(adapterName, input, capabilities)
      return createSandbox(await mapped(async () => await service.create(spec, options)))
    },
    connect: async (id, options) => createSandbox(await mapped(async () => await service.connect(id, options))),
    list: async function* (query, options) {
      try {
        for await (const info of service.list(query, options)) yield { ...info, adapter: adapterName }
      } catch (error) {
        throw mapError(error)
      }
    },
    destroy: async (id, options) => await mapped(async () => await service.destroy(id, options)),
    probe: async (options) => {
      const startedAtMs = Date.now()
      try {
        return await service.probe(options)
      } catch (error) {
        options?.signal?.throwIfAborted()
        return unhealthy(error, startedAtMs)
      }
    },
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  }
}

function unhealthy(error: unknown, startedAtMs: number): AdapterHealth {
  const { message, remedy } = mapError(error)
  const checkedAtMs = Date.now()
  return { status: 'unavailable', reason: message, remedy, checkedAtMs, latencyMs: checkedAtMs - startedAtMs }
}
