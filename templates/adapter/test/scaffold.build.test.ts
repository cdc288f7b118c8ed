import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createAdapterPackage } from '../src/create-adapter.ts'

const repository = resolve(import.meta.dirname, '../../..')
const run = promisify(execFile)
let root = ''

const countsSchema = z
  .object({
    testResults: z.array(z.object({ assertionResults: z.array(z.object({ title: z.string(), status: z.string() })) })),
  })
  .transform(({ testResults }) => {
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
    const titles = (status: string) => tests.filter((test) => test.status === status).map(({ title }) => title)
    return { passed: titles('passed'), failed: titles('failed') }
  })

/** A workspace of its own: the shared files are copies, the packages that it needs are links. It lies inside, so that tools are found. */
beforeAll(async () => {
  await mkdir(join(repository, '.caisson'), { recursive: true })
  root = await mkdtemp(join(repository, '.caisson/scaffold-'))
  const shared = ['tsconfig.json', 'tsconfig.base.json', 'tsconfig.test.json', 'vitest.config.ts']
  for (const file of [...shared, 'infra/toolchain/floor-plan.ts']) {
    await cp(join(repository, file), join(root, file), { recursive: true })
  }
  await mkdir(join(root, 'packages'))
  for (const name of await readdir(join(repository, 'packages'))) {
    await symlink(join(repository, 'packages', name), join(root, 'packages', name))
  }
  for (const name of ['apps', 'bench', 'e2e', 'examples']) await symlink(join(repository, name), join(root, name))
  await mkdir(join(root, 'node_modules/@caisson'), { recursive: true })
  for (const name of ['core', 'adapter-kit', 'conformance']) {
    await symlink(join(repository, 'packages', name), join(root, 'node_modules/@caisson', name))
  }
})

afterAll(async () => await rm(root, { recursive: true, force: true }))

test('a new adapter compiles and conforms from its first minute', async () => {
  const files = await createAdapterPackage('acme-cloud', root)
  expect(files).toContain('packages/adapter-acme-cloud/package.json')
  // Where `npm run conformance -- acme-cloud` looks.
  expect(files).toContain('packages/adapter-acme-cloud/test/conformance-target.ts')
  const folder = join(root, 'packages/adapter-acme-cloud')
  for (const file of files.filter((path) => path.startsWith('packages/'))) {
    expect(await readFile(join(root, file), 'utf8')).not.toMatch(/sample/i)
  }
  const floorPlan = (await import(join(root, 'infra/toolchain/floor-plan.ts'))) as { floors: { folder: string }[] }
  expect(floorPlan.floors.map((floor) => floor.folder)).toContain('packages/adapter-acme-cloud')

  const node = async (program: string, ...words: string[]) =>
    await run(process.execPath, [join(repository, 'node_modules', program), ...words], { cwd: root })
  const project = join(root, 'tsconfig.new.json')
  await writeFile(project, JSON.stringify({ extends: './tsconfig.test.json', include: [folder] }))
  await node('typescript/bin/tsc', '-p', project)
  const outcome = join(root, 'report.json')
  const reporting = ['--reporter', 'json', '--outputFile', outcome]
  await node('vitest/vitest.mjs', 'run', '--root', root, '--project', 'unit', ...reporting, folder).catch(
    () => undefined,
  )
  const report: unknown = JSON.parse(await readFile(outcome, 'utf8'))
  const { passed, failed } = countsSchema.parse(report)
  expect(failed).toEqual([])
  expect(passed.length).toBeGreaterThan(60)
})

test('a name that is taken or that nobody could use is refused', async () => {
  await expect(createAdapterPackage('acme-cloud', root)).rejects.toThrow('there already')
  await expect(createAdapterPackage('../escape', root)).rejects.toThrow('not a name')
})

test('where there is no place for its floor, nothing is written', async () => {
  const elsewhere = join(root, 'elsewhere')
  await cp(join(root, 'infra'), join(elsewhere, 'infra'), { recursive: true })
  await writeFile(join(elsewhere, 'tsconfig.json'), '{}')
  await expect(createAdapterPackage('other', elsewhere)).rejects.toThrow('no place')
  expect(await readdir(elsewhere)).toEqual(['infra', 'tsconfig.json'])
})
