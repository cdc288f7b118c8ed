import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createLocalAdapter } from '@caisson/adapter-local'
import { afterAll, beforeAll, expect, it } from 'vitest'

const example = fileURLToPath(new URL('../src/over-the-service.ts', import.meta.url))
const orchestrator = fileURLToPath(new URL('../../apps/orchestrator/src/main.ts', import.meta.url))
const source = '--conditions=@caisson/source'
const { status, reason = '' } = await createLocalAdapter().probe()
const cannot = status === 'unavailable' ? ` (cannot run here: ${reason})` : ''

let directory: string
let service: ChildProcess
let url: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caisson-example-'))
  const env = {
    PATH: process.env['PATH'],
    CAISSON_STATE_DIR: directory,
    CAISSON_PORT: '0',
    CAISSON_LOG_LEVEL: 'warn',
    CAISSON_ADAPTERS: 'local',
  }
  const child = spawn(process.execPath, [source, orchestrator], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  service = child
  url = await new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const [, address] = /listens on (\S+)/.exec(text) ?? []
      if (address !== undefined) resolve(address)
    })
    child.on('exit', () => reject(new Error('the service did not start')))
  })
})
afterAll(async () => {
  const ended = once(service, 'exit')
  service.kill('SIGTERM')
  await ended
  await rm(directory, { recursive: true })
})

it.skipIf(cannot !== '')(
  `analyses real data over the service, shows progress and fetches the result${cannot}`,
  async () => {
    const apiKey = (await readFile(join(directory, 'admin-key'), 'utf8')).trim()
    const { stdout } = await promisify(execFile)(process.execPath, [source, example], {
      cwd: directory,
      env: { PATH: process.env['PATH'], CAISSON_URL: url, CAISSON_API_KEY: apiKey },
    })
    expect(stdout).toContain('looking at 2014-08-11')
    expect(stdout).toContain("status: 'succeeded'")
    expect(JSON.parse(await readFile(join(directory, 'warmest.json'), 'utf8'))).toMatchObject({ temp_max: '35.6' })
  },
)

it('takes less than 40 lines', async () => {
  expect((await readFile(example, 'utf8')).split('\n').length).toBeLessThan(40)
})
