import { type ConformanceTarget, perlPrograms } from '@caisson/conformance'
import { createE2bAdapter } from '../src/index.ts'
import { startEndpoint } from './support/start-endpoint.ts'

/** E2B's SDK, unmodified, against our own endpoint. It ends when nobody uses it any more. */
let running = 0
let endpoint: ReturnType<typeof startEndpoint> | undefined

const target: ConformanceTarget = {
  name: 'e2b',
  createAdapter: async () => {
    running += 1
    const { url, apiKey } = await (endpoint ??= startEndpoint())
    const adapter = createE2bAdapter({
      apiKey,
      apiUrl: url,
      sandboxUrl: url,
      isolation: 'container',
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
  checkTimeoutMs: 40_000,
}
export default target
