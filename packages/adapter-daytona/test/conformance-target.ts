import { type ConformanceTarget, perlPrograms, sharing } from '@caisson/conformance'
import { createDaytonaAdapter } from '../src/index.ts'
import { startEndpoint } from './support/endpoint.ts'

/** Daytona's SDK, unmodified, against our own endpoint. */
const target: ConformanceTarget = {
  name: 'daytona',
  createAdapter: sharing(startEndpoint, ({ apiUrl, apiKey }) =>
    createDaytonaAdapter({
      apiUrl,
      apiKey,
      target: 'local',
      templates: { host: { image: 'host' } },
      wholeSizes: false,
      locality: 'machine',
    }),
  ),
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
