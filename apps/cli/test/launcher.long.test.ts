import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
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
