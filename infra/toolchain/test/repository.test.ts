import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { floors, wiredAdapters, wiring } from '../floor-plan.ts'

const root = resolve(import.meta.dirname, '../../..')
const manifestSchema = z.object({
  name: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
})
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const scope = '@caisson/'
const ours = (dependencies: Record<string, string>) =>
  Object.keys(dependencies)
    .filter((name) => name.startsWith(scope))
    .map((name) => name.slice(scope.length))

test.each(floors)('$folder depends on lower floors only', ({ folder, imports, testImports = [] }) => {
  const manifest = manifestSchema.parse(JSON.parse(read(`${folder}/package.json`)))
  const adapters = wiring.startsWith(`${folder}/`) ? wiredAdapters : []
  const allowed = new Set([...imports, ...adapters].map((name) => name.replace(/\/.*/, '')))
  expect(ours(manifest.dependencies).filter((name) => !allowed.has(name))).toEqual([])
  for (const name of testImports) allowed.add(name.replace(/\/.*/, ''))
  expect(ours(manifest.devDependencies).filter((name) => !allowed.has(name))).toEqual([])
})

test('every workspace package has a floor', () => {
  const manifests = globSync('{packages,apps}/*/package.json', { cwd: root })
  const folders = manifests.map((path) => path.slice(0, path.lastIndexOf('/')))
  expect(folders.filter((folder) => !floors.some((floor) => floor.folder === folder))).toEqual([])
})

test('versions come from the catalog', () => {
  for (const { folder } of floors) {
    const manifest = manifestSchema.parse(JSON.parse(read(`${folder}/package.json`)))
    const versions = { ...manifest.dependencies, ...manifest.devDependencies }
    expect(Object.entries(versions).filter(([, version]) => !/^(catalog|workspace):/.test(version))).toEqual([])
  }
})

test('the lockfile names no host', () => {
  expect(read('pnpm-lock.yaml').match(/^.*(https?:\/\/|tarball:).*$/gm)).toBeNull()
})

test.skipIf(!existsSync(join(root, '.git')))('no file names a package registry or a path of this machine', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
  const host = new RegExp(String.raw`registry\.(npmjs|yarnpkg|npmmirror)|(deb|security)\.debian\.org`)
  const offenders = files.filter((path) => {
    const whole = join(root, path)
    if (path === '' || path === 'infra/toolchain/test/repository.test.ts' || !existsSync(whole)) return false
    const text = statSync(whole).isFile() ? readFileSync(whole, 'utf8') : ''
    return host.test(text) || text.includes(`${root}/`)
  })
  expect(offenders).toEqual([])
})
