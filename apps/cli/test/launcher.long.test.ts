import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const launcher = fileURLToPath(new URL('../bin/caisson', import.meta.url))
const environment = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, CAISSON_API_KEY: 'e2b_0' }

async function caisson(words: readonly string[], more: Record<string, string> = {}) {
  return await new Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }>((resolve) => {
    execFile(launcher, words, { env: { ...environment, ...more } }, (error, out, err) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })
}

it('works from a clone', async () => {
  expect(await caisson(['--version'])).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})

it('brings its own Node where that of the machine is older', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'caisson-old-node-'))
  await writeFile(join(directory, 'node'), '#!/bin/sh\necho false\n', { mode: 0o755 })
  await writeFile(join(directory, 'npx'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 })
  const { out, err } = await caisson(['run', 'a b.py'], { PATH: `${directory}:/usr/bin:/bin` })
  expect(err).toMatch(/^caisson: using Node \d+\.\d+\.\d+ through npx/)
  expect(out).toMatch(/\n-p\nnode@\d+\.\d+\.\d+\n--\nnode\n[\s\S]*main\.ts\nrun\na b\.py\n$/)
  await rm(directory, { recursive: true })
})

it('says that no service answers, and what to do', async () => {
  const { exitCode, err } = await caisson(['runs'], { CAISSON_URL: 'http://127.0.0.1:1' })
  expect(exitCode).toBe(69)
  expect(err).toBe(
    'caisson: no service answers at http://127.0.0.1:1\n  start it with "npm start", or give the address of one that runs\n',
  )
})

it('says which variable is wrong', async () => {
  const { exitCode, err } = await caisson(['runs'], { CAISSON_URL: 'localhost:7718' })
  expect(exitCode).toBe(64)
  expect(err).toContain('not the address of a service: localhost:7718')
})

it('completes in a real bash', async () => {
  const script = `eval "$(${launcher} completion bash)"; COMP_WORDS=(caisson runs ''); COMP_CWORD=2; _caisson; echo "\${COMPREPLY[*]}"`
  const out = await new Promise<string>((resolve, reject) => {
    execFile('bash', ['-c', script], { env: environment }, (error, text) =>
      error === null ? resolve(text) : reject(error),
    )
  })
  expect(out).toContain('list show cancel')
})

it('reads a typed policy wherever it lies, and names its faults', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'caisson-typed-'))
  const file = join(directory, 'caisson.config.ts')
  const write = async (isolation: string) => {
    const settings = `{ policy: 'strict', agentOverrides: { intern: { isolation: '${isolation}' } } }`
    await writeFile(file, `import { defineConfig } from '@caisson/router'\nexport default defineConfig(${settings})\n`)
  }
  await writeFile(
    join(directory, 'caisson.config.test.yaml'),
    'adapters: { local: {} }\ncases:\n  - name: a command\n    operation: { kind: command.run, input: { argv: [ls] } }\n    expect: { place: denied }\n',
  )
  await write('gvisor')
  expect(await caisson(['policy', 'test', file])).toEqual({
    exitCode: 0,
    out: '1 of 1 cases are as expected\n',
    err: '',
  })
  await write('gvissor')
  const { exitCode, err } = await caisson(['policy', 'test', file])
  expect(exitCode).toBe(64)
  expect(err).toContain('caisson.config.ts: settings.agentOverrides.intern.isolation: ')
  await rm(directory, { recursive: true })
})
