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
  const later = await commandLine(['template', 'build', join(root, 'tiny'), '--for', 'local,e2b'])
  expect(later).toMatchObject({
    exitCode: exitCodes.failed,
    err: expect.stringMatching(/e2b yet\n {2}build for local/),
  })
  const absent = await commandLine(['template', 'status', join(root, 'absent')])
  expect(absent).toMatchObject({ exitCode: exitCodes.notFound, err: expect.stringContaining('no template.json') })
  const unknown = await commandLine(['template', 'rollback', 'unknown'])
  expect(unknown).toMatchObject({ exitCode: exitCodes.notFound, err: expect.stringContaining('template list') })
})
