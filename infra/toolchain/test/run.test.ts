import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

let root = ''
const calls = () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n')

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'caisson-run-'))
  mkdirSync(join(root, 'infra/toolchain'), { recursive: true })
  copyFileSync(resolve(import.meta.dirname, '../run.sh'), join(root, 'infra/toolchain/run.sh'))
  put('pnpm-lock.yaml', 'lockfileVersion: 9\n')
  put('pnpm-workspace.yaml', 'packages: [packages/*]\n')
  put('package.json', '{}')
  put('packages/one/package.json', '{}')
  put('calls', '')
  // What it leaves are manifests too, of packages that it brought.
  put(
    'bin/pnpm',
    `#!/bin/sh\necho "$@" >>"${root}/calls"\nmkdir -p node_modules/a node_modules/@b/c packages/one/node_modules/d
for place in node_modules/a node_modules/@b/c packages/one/node_modules/d; do echo '{}' >$place/package.json; done\n`,
  )
  chmodSync(join(root, 'bin/pnpm'), 0o755)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function run(): void {
  const env = { PATH: `${root}/bin:${process.env['PATH'] ?? ''}`, CAISSON_TOOLCHAIN: 'path' }
  execFileSync('sh', ['infra/toolchain/run.sh', 'exec', 'true'], { cwd: root, env, stdio: 'ignore' })
}

it('installs the dependencies once, and again when a manifest or the lockfile changed', () => {
  run()
  run()
  expect(existsSync(join(root, 'node_modules/a/package.json'))).toBe(true)
  expect(calls()).toHaveLength(1)
  put('packages/two/package.json', '{}')
  run()
  run()
  expect(calls()).toHaveLength(2)
  put('pnpm-lock.yaml', 'lockfileVersion: 10\n')
  run()
  expect(calls()).toHaveLength(3)
})
