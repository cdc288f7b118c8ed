import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { builderError, errnoOf } from './builder-error.ts'
import { readContext } from './context-files.ts'
import type { TemplateSource } from './template-file.ts'

/** Changes when the same sources would give something else than before. */
const builderVersion = 2

/** All that a version is made from, each part as a hash of its own, so that a difference can be named. */
export const inputsSchema = z.strictObject({
  builder: z.int(),
  template: z.string(),
  dockerfile: z.string(),
  ignore: z.string(),
  parent: z.strictObject({ name: z.string(), version: z.string() }),
  files: z.record(z.string(), z.string()),
})
export type Inputs = z.infer<typeof inputsSchema>

/** `parentVersion` is that of what the template is made from. */
export async function readInputs(template: TemplateSource, parentVersion: string): Promise<Inputs> {
  const { directory, ...described } = template
  return {
    builder: builderVersion,
    template: sha256(canonical(described)),
    dockerfile: sha256(await readDockerfile(directory)),
    ignore: sha256(await readFile(join(directory, '.dockerignore'), 'utf8').catch(() => '')),
    parent: { name: template.parent, version: parentVersion },
    files: await readContext(directory),
  }
}

export async function readDockerfile(directory: string): Promise<string> {
  try {
    return await readFile(join(directory, 'Dockerfile'), 'utf8')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    throw builderError('template-not-found', `${directory} has no Dockerfile`, { field: 'Dockerfile', cause: error })
  }
}

/** The name of what is made from these inputs and never of anything else. */
export function versionOf(inputs: Inputs): string {
  return sha256(canonical(inputs)).slice(0, 16)
}

/** What makes `wanted` differ from `built`, as phrases for people. Empty when nothing does. */
export function differences(built: Inputs, wanted: Inputs): readonly string[] {
  const names = new Set([...Object.keys(built.files), ...Object.keys(wanted.files)])
  const files = [...names].toSorted().filter((name) => built.files[name] !== wanted.files[name])
  const shown = files.slice(0, 5).map((name) => {
    if (built.files[name] === undefined) return `${name} is new`
    return wanted.files[name] === undefined ? `${name} is gone` : `${name} changed`
  })
  return [
    ...(built.builder === wanted.builder ? [] : ['the builder changed']),
    ...(built.template === wanted.template ? [] : ['template.json changed']),
    ...(built.dockerfile === wanted.dockerfile ? [] : ['the Dockerfile changed']),
    ...(built.ignore === wanted.ignore ? [] : ['.dockerignore changed']),
    ...(canonical(built.parent) === canonical(wanted.parent) ? [] : [`its parent ${wanted.parent.name} changed`]),
    ...shown,
    ...(files.length > shown.length ? [`and ${files.length - shown.length} more files`] : []),
  ]
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
