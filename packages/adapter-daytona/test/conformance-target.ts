import { type ConformanceTarget, perlPrograms } from '@caisson/conformance'
import { createDaytonaAdapter } from '../src/index.ts'
import { startEndpoint } from './support/endpoint.ts'

/** Daytona's SDK, unmodified, against our own endpoint. It ends when nobody uses it any more. */
let running = 0
let endpoint: ReturnType<typeof startEndpoint> | undefined

const target: ConformanceTarget = {
  name: 'daytona',
  createAdapter: async () => {
    running += 1
    const { apiUrl, apiKey } = await (endpoint ??= startEndpoint())
    const adapter = createDaytonaAdapter({
      apiUrl,
      apiKey,
      target: 'local',
      templates: { host: { image: 'host' } },
      wholeSizes: false,
      locality: 'machine',
    })
    return {
      ...adapter,
      [Symbol.asyncDispose]: async () => {
        await adapter[Symbol.asyncDispose]()
        running -= 1
        if (running > 0) return
        await (await endpoint)?.[Symbol.asyncDispose]()
        endpoint = undefined
      },
    }
  },
  programs: perlPrograms,
  checkTimeoutMs: 60_000,
  restrictions: [
    {
      id: 'volumes.read-only',
      reason: 'Daytona mounts every volume for writing; one that is to be read only is refused',
    },
  ],
}
export default target
