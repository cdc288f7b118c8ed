import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

const scaffold = resolve(import.meta.dirname, '../scaffold')
const floorPlan = 'infra/toolchain/floor-plan.ts'

/**
 * Writes `packages/adapter-<name>` below `root` and gives it its floor and its reference. Resolves to the files that were written or changed. Refuses
 * a name that is taken or that policies could not use, and a repository that has no place for it; nothing is written then.
 */
export async function createAdapterPackage(name: string, root: string): Promise<readonly string[]> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new Error(`not a name for an adapter: ${name}; use lower-case letters, digits and "-", such as acme`)
  }
  const folder = `packages/adapter-${name}`
  if (await exists(join(root, folder))) throw new Error(`${folder} is there already`)
  const edited = [
    { path: floorPlan, text: withFloor(await readFile(join(root, floorPlan), 'utf8'), folder) },
    { path: 'tsconfig.json', text: withReference(await readFile(join(root, 'tsconfig.json'), 'utf8'), folder) },
  ]
  const files = await readdir(scaffold, { recursive: true, withFileTypes: true })
  const written: string[] = []
  for (const file of files.filter((entry) => entry.isFile())) {
    const from = join(file.parentPath, file.name)
    const path = join(folder, from.slice(scaffold.length + 1).replace(/\.template$/, ''))
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), rename(await readFile(from, 'utf8'), name))
    written.push(path)
  }
  for (const { path, text } of edited) await writeFile(join(root, path), text)
  return [...written.toSorted(), ...edited.map(({ path }) => path)]
}

function rename(text: string, name: string): string {
  const inWords = name
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('')
  return text.replaceAll('Sample', inWords).replaceAll('sample', name)
}

function withFloor(text: string, folder: string): string {
  const floor = `  {
    folder: '${folder}',
    imports: ['core', 'adapter-kit'],
    testImports: ['conformance'],
    node: true,
  },
`
  return insertBefore(text, "  {\n    folder: 'packages/engine',", floor)
}

function withReference(text: string, folder: string): string {
  return insertBefore(text, '    {\n      "path": "packages/engine"', `    {\n      "path": "${folder}"\n    },\n`)
}

function insertBefore(text: string, place: string, insertion: string): string {
  const at = text.indexOf(place)
  if (at === -1) throw new Error(`found no place for it before: ${place}`)
  return text.slice(0, at) + insertion + text.slice(at)
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
