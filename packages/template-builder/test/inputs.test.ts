import * as fc from 'fast-check'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { differences, type Inputs, readInputs, versionOf } from '../src/inputs.ts'
import { readAncestry, readTemplate } from '../src/template-file.ts'
import { parseTargets } from '../src/index.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'caisson-inputs-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(name: string, description: object, files: Readonly<Record<string, string>> = {}): string {
  const directory = join(root, name)
  mkdirSync(join(directory, 'sub'), { recursive: true })
  writeFileSync(
    join(directory, 'template.json'),
    JSON.stringify({ name, description: 'x', parent: 'scratch', ...description }),
  )
  for (const [path, text] of Object.entries({ Dockerfile: 'FROM scratch\n', ...files })) {
    writeFileSync(join(directory, path), text)
  }
  return directory
}

const inputsOf = async (directory: string, parent = 'p') => await readInputs(await readTemplate(directory), parent)

test('every part that can matter is named when it changes', async () => {
  const directory = write('a', {}, { one: '1', 'sub/two': '2', ignored: 'x', '.dockerignore': 'ignored\n' })
  const before = await inputsOf(directory)
  expect(await inputsOf(directory)).toEqual(before)
  const after = async (change: () => void, parent?: string) => {
    change()
    return differences(before, await inputsOf(directory, parent))
  }
  expect(await after(() => writeFileSync(join(directory, 'ignored'), 'y'))).toEqual([])
  expect(await after(() => writeFileSync(join(directory, 'sub/two'), '3'))).toEqual(['sub/two changed'])
  writeFileSync(join(directory, 'sub/two'), '2')
  expect(await after(() => chmodSync(join(directory, 'one'), 0o755))).toEqual(['one changed'])
  chmodSync(join(directory, 'one'), 0o644)
  expect(await after(() => symlinkSync('/etc/passwd', join(directory, 'link')))).toEqual(['link is new'])
  rmSync(join(directory, 'link'))
  expect(await after(() => rmSync(join(directory, 'one')))).toEqual(['one is gone'])
  writeFileSync(join(directory, 'one'), '1')
  expect(await after(() => undefined, 'q')).toEqual(['its parent scratch changed'])
  expect(await after(() => writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\n#\n'))).toEqual([
    'the Dockerfile changed',
  ])
  writeFileSync(join(directory, '.dockerignore'), '')
  expect(differences(before, await inputsOf(directory))).toContain('ignored is new')
})

const part = fc.constantFrom('a', 'b')
const inputs: fc.Arbitrary<Inputs> = fc.record({
  builder: fc.constantFrom(1, 2),
  template: part,
  dockerfile: part,
  ignore: part,
  parent: fc.record({ name: part, version: part }),
  files: fc.dictionary(fc.string({ maxLength: 2 }), part, { noNullPrototype: true, maxKeys: 3 }),
})

test('two versions are the same exactly when nothing differs, whatever the order of files', () => {
  fc.assert(
    fc.property(inputs, inputs, (a, b) => {
      expect(versionOf(a) === versionOf(b)).toBe(differences(a, b).length === 0)
      const reversed = { ...a, files: Object.fromEntries(Object.entries(a.files).toReversed()) }
      expect(versionOf(reversed)).toBe(versionOf(a))
    }),
  )
})

test.each([
  [{ name: 'A' }, 'name'],
  [{ parent: '../up' }, 'parent'],
  [{ user: { name: 'root', uid: 0, gid: 0, home: '/root' } }, 'user.uid'],
  [{ privileges: 'all' }, 'privileges'],
  [{ resources: { cpus: -1 } }, 'resources.cpus'],
  [{ unknown: 1 }, ''],
])('a template.json with %j is refused', async (change, field) => {
  await expect(readTemplate(write('a', change))).rejects.toMatchObject({ code: 'invalid-argument', field })
})

test('a folder without template.json, a circle, and a target of later are told apart', async () => {
  await expect(readTemplate(join(root, 'none'))).rejects.toMatchObject({ code: 'template-not-found' })
  write('a', { parent: 'b' })
  await expect(readAncestry(write('b', { parent: 'a' }))).rejects.toMatchObject({ field: 'parent' })
  expect(parseTargets(['docker', 'local', 'docker'])).toEqual(['local', 'docker'])
  expect(() => parseTargets(['local', 'e2b', 'daytona'])).toThrow(
    expect.objectContaining({ code: 'unauthenticated', remedy: 'set E2B_API_KEY and DAYTONA_API_KEY' }),
  )
  expect(() => parseTargets(['moon'])).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})
