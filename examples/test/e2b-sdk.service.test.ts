import { afterAll, beforeAll, expect, it } from 'vitest'
import { cannotRun, provisionedPython } from './support/needs.ts'
import { runExample } from './support/run-example.ts'
import { type RunningService, startService } from './support/start-service.ts'

const cannot = await cannotRun()
const { python, cannot: noPython } = provisionedPython('e2b-python')
let service: RunningService

beforeAll(async () => {
  service = await startService()
})
afterAll(async () => await service[Symbol.asyncDispose]())

const expected = 'lines 1462\nwarmest 35.6 no error\nerror KeyError\n'
const environment = () => {
  const url = `${service.url}/e2b`
  return { E2B_API_KEY: service.apiKey, E2B_API_URL: url, E2B_SANDBOX_URL: url, E2B_VALIDATE_API_KEY: 'false' }
}

it.skipIf(cannot !== '')(`runs code written for E2B's JavaScript SDK, unmodified${cannot}`, async () => {
  await using ran = await runExample('e2b-sdk.ts', { env: environment() })
  expect(ran.stdout).toBe(expected)
})

it.skipIf(cannot + noPython !== '')(
  `runs code written for E2B's Python SDK, unmodified${cannot || noPython}`,
  async () => {
    await using ran = await runExample('e2b_sdk.py', { env: environment(), command: python })
    expect(ran.stdout).toBe(expected)
  },
)
