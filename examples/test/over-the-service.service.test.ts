import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cannotRun } from './support/needs.ts'
import { runExample } from './support/run-example.ts'
import { type RunningService, startService } from './support/start-service.ts'

const cannot = await cannotRun()
let service: RunningService

beforeAll(async () => {
  service = await startService()
})
afterAll(async () => await service[Symbol.asyncDispose]())

it.skipIf(cannot !== '')(
  `analyses real data over the service, shows progress and fetches the result${cannot}`,
  async () => {
    const env = { CAISSON_URL: service.url, CAISSON_API_KEY: service.apiKey }
    await using ran = await runExample('over-the-service.ts', { env })
    expect(ran.stdout).toContain('looking at 2014-08-11')
    expect(ran.stdout).toContain("status: 'succeeded'")
    expect(JSON.parse(await readFile(join(ran.directory, 'warmest.json'), 'utf8'))).toMatchObject({ temp_max: '35.6' })
  },
)

it('takes less than 40 lines', async () => {
  const example = fileURLToPath(new URL('../src/over-the-service.ts', import.meta.url))
  expect((await readFile(example, 'utf8')).split('\n').length).toBeLessThan(40)
})
