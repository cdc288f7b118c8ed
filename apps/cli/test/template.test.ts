import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { exitCodes } from '../src/exit-codes.ts'
import { commandLine } from './support/command-line.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'caisson-cli-'))
  vi.stubEnv('CAISSON_TEMPLATES', join(root, 'state'))
  mkdirSync(join(root, 'tiny'))
  writeFileSync(join(root, 'tiny/template.json'), '{ "name": "tiny", "description": "x", "parent": "scratch" }')
  writeFileSync(join(root, 'tiny/Dockerfile'), 'FROM scratch\n')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

test('the state of a template is told without a service', async () => {
  const { exitCode, out } = await commandLine(['template', 'status', join(root, 'tiny'), '--json'])
  expect(exitCode).toBe(exitCodes.ok)
  expect(JSON.parse(out)).toMatchObject([
    {
      name: 'tiny',
      state: 'not-built',
      reasons: ['it was never built here'],
      wanted: expect.stringMatching(/^[0-9a-f]{16}$/),
    },
  ])
  expect(await commandLine(['template', 'list', '--json'])).toEqual({ exitCode: 0, out: '[]\n', err: '' })
})

test('what cannot be done is said with a remedy and a code of its own', async () => {
  for (const [target, key] of [
    ['e2b', 'E2B_API_KEY'],
    ['daytona', 'DAYTONA_API_KEY'],
  ] as const) {
    vi.stubEnv(key, '')
    const keyless = await commandLine(['template', 'build', join(root, 'tiny'), '--for', `local,${target}`])
    expect(keyless).toMatchObject({
      exitCode: exitCodes.denied,
      err: expect.stringMatching(new RegExp(`cannot build for ${target}: no key is set \\(${key}\\)\\n {2}set ${key}`)),
    })
  }
  const nowhere = await commandLine(['template', 'build', join(root, 'tiny'), '--for', 'nomad'])
  expect(nowhere).toMatchObject({ exitCode: exitCodes.usage, err: expect.stringContaining('no target nomad') })
  const absent = await commandLine(['template', 'status', join(root, 'absent')])
  expect(absent).toMatchObject({ exitCode: exitCodes.notFound, err: expect.stringContaining('no template.json') })
  const unknown = await commandLine(['template', 'rollback', 'unknown'])
  expect(unknown).toMatchObject({ exitCode: exitCodes.notFound, err: expect.stringContaining('template list') })
})

test('there is nothing to prune where nothing was built', async () => {
  const { exitCode, out } = await commandLine(['template', 'prune', '--dry-run', '--json'])
  expect({ exitCode, found: JSON.parse(out) as unknown }).toEqual({
    exitCode: 0,
    found: { removed: [], tooYoung: [], bases: 0, freedBytes: 0 },
  })
  expect((await commandLine(['template', 'prune', '--keep', '0'])).exitCode).toBe(exitCodes.usage)
})
