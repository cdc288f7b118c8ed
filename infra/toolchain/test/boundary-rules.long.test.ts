import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { floors, wiring } from '../floor-plan.ts'

const root = resolve(import.meta.dirname, '../../..')
let copy = ''

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'caisson-boundaries-'))
  await cp(join(root, 'oxlint.config.ts'), join(copy, 'oxlint.config.ts'))
  await cp(join(root, 'infra/toolchain'), join(copy, 'infra/toolchain'), { recursive: true })
  await writeFile(join(copy, 'package.json'), '{ "type": "module" }')
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
})

afterAll(async () => await rm(copy, { recursive: true, force: true }))

async function plant(file: string, source: string): Promise<void> {
  await mkdir(dirname(join(copy, file)), { recursive: true })
  await writeFile(join(copy, file), source)
}

/** For each rule the files in which the linter objects to it. */
async function objections(): Promise<ReadonlyMap<string, string[]>> {
  const { promise, resolve: done, reject } = Promise.withResolvers<string>()
  const folders = [...new Set(floors.map(({ folder }) => folder.replace(/\/.*/, '')))]
  const parameters = [join(root, 'node_modules/oxlint/bin/oxlint'), '-f', 'unix', ...folders]
  execFile(process.execPath, parameters, { cwd: copy }, (error, stdout, stderr) => {
    if (stdout === '') reject(new Error(stderr, { cause: error }))
    else done(stdout)
  })
  const seen = new Map<string, string[]>()
  for (const line of (await promise).split('\n')) {
    const rule = /\(([^()]+)\)\]$/.exec(line)?.[1]
    if (rule !== undefined) seen.set(rule, [...(seen.get(rule) ?? []), line.slice(0, line.indexOf(':'))])
  }
  return seen
}

test('each forbidden import is refused and each allowed one is not', { timeout: 60_000 }, async () => {
  const forbidden: string[] = []
  const allowed: string[] = []
  for (const { folder, imports, node } of floors) {
    const others = floors.map((floor) => floor.folder.slice(floor.folder.lastIndexOf('/') + 1))
    const refused = others.filter((name) => !imports.some((open) => open === name))
    for (const name of refused) forbidden.push(`${folder}/src/refused-${name}.ts`)
    for (const name of refused) {
      await plant(`${folder}/src/refused-${name}.ts`, `import { a } from '@caisson/${name}'\nexport const b = a\n`)
    }
    for (const [index, name] of imports.entries()) {
      allowed.push(`${folder}/src/allowed-${index}.ts`)
      await plant(`${folder}/src/allowed-${index}.ts`, `import { a } from '@caisson/${name}'\nexport const b = a\n`)
    }
    const needsNode = `${folder}/src/needs-node.ts`
    ;(node ? allowed : forbidden).push(needsNode)
    await plant(needsNode, `import { readFile } from 'node:fs/promises'\nexport const b = readFile\n`)
    const path = `${folder}/src/path.ts`
    forbidden.push(path)
    await plant(path, `import { a } from '../../neighbour/src/a.ts'\nexport const b = a\n`)
  }
  allowed.push(wiring)
  await plant(wiring, `import { a } from '@caisson/adapter-local'\nexport const b = a\n`)

  const seen = await objections()
  expect(seen.get('no-restricted-imports')?.toSorted()).toEqual(forbidden.toSorted())
  expect(allowed.length).toBeGreaterThan(floors.length)
})

test('the environment is read in configuration files only, and only printers print', { timeout: 60_000 }, async () => {
  const source = 'export const b = process.env.HOME\nconsole.log(b)\n'
  await plant('packages/engine/src/stray.ts', source)
  await plant('apps/orchestrator/src/config.ts', source)
  await plant('apps/cli/src/output/table.ts', source)
  const seen = await objections()
  expect(seen.get('no-process-env')).toEqual(['apps/cli/src/output/table.ts', 'packages/engine/src/stray.ts'])
  expect(seen.get('no-console')).toEqual(['apps/orchestrator/src/config.ts', 'packages/engine/src/stray.ts'])
})
