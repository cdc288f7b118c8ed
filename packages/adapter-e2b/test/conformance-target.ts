import { type ConformanceTarget, perlPrograms, sharing } from '@caisson/conformance'
import { createE2bAdapter } from '../src/index.ts'
import { startEndpoint } from './support/start-endpoint.ts'

/** E2B's SDK, unmodified, against our own endpoint. */
const target: ConformanceTarget = {
  name: 'e2b',
  createAdapter: sharing(startEndpoint, ({ url, apiKey }) =>
    createE2bAdapter({
      apiKey,
      apiUrl: url,
      sandboxUrl: url,
      isolation: 'container',
      locality: 'machine',
    }),
  ),
  programs: perlPrograms,
  checkTimeoutMs: 40_000,
}
export default target
