import { checkTtl } from '@caisson/adapter-kit'
import { restrict, type Sandbox } from '@caisson/core'
import { adapterName } from './adapter-name.ts'
import { capabilities } from './capabilities.ts'
import { mapped } from './map-error.ts'

/** One sandbox of the provider. */
export function createSandbox(remote: Sandbox): Sandbox {
  const { id, processes, files, pause, resume, metrics } = remote
  const destroy: Sandbox['destroy'] = async (options) => await mapped(async () => await remote.destroy(options))
  return {
    id,
    adapter: adapterName,
    processes,
    files,
    info: async (options) => await mapped(async () => ({ ...(await remote.info(options)), adapter: adapterName })),
    extend: async (ttlMs, options) => {
      checkTtl(adapterName, ttlMs, capabilities)
      return await mapped(async () => ({ ...(await remote.extend(ttlMs, options)), adapter: adapterName }))
    },
    destroy,
    detach: async () => await mapped(remote.detach),
    restricted: () => restrict({ id, processes, files }),
    ...(pause === undefined ? {} : { pause: async (options) => await mapped(async () => await pause(options)) }),
    ...(resume === undefined ? {} : { resume: async (options) => await mapped(async () => await resume(options)) }),
    ...(metrics === undefined ? {} : { metrics: async (options) => await mapped(async () => await metrics(options)) }),
    [Symbol.asyncDispose]: async () => void (await destroy()),
  }
}
