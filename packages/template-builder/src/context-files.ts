import dockerignore from '@balena/dockerignore'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { builderError, errnoOf } from './builder-error.ts'

/** More files than that are a mistake in `.dockerignore`. */
const maxFiles = 20_000

/**
 * Everything that the Dockerfile may copy, by path: kind, mode and content as one text. `.dockerignore` holds. The Dockerfile and template.json
 * are not among them: they count on their own.
 */
export async function readContext(directory: string): Promise<Readonly<Record<string, string>>> {
  const ignore = dockerignore.default()
  const rules = await readFile(join(directory, '.dockerignore'), 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  })
  ignore.add(rules)
  const files: Record<string, string> = {}
  const visit = async (below: string): Promise<void> => {
    for (const name of (await readdir(join(directory, below))).toSorted()) {
      const path = below === '' ? name : `${below}/${name}`
      if (apart.has(path)) continue
      const found = await lstat(join(directory, path))
      if (!ignore.ignores(path)) files[path] = await describe(join(directory, path), found)
      // A later rule may bring back what lies in a folder that is left out.
      if (found.isDirectory() && (!ignore.ignores(path) || rules.includes('!'))) await visit(path)
      if (Object.keys(files).length > maxFiles) {
        throw builderError('too-large', `${directory} has more than ${maxFiles} files to build from`, {
          field: '.dockerignore',
          remedy: 'leave out in .dockerignore what the Dockerfile does not copy',
        })
      }
    }
  }
  await visit('')
  return files
}

const apart: ReadonlySet<string> = new Set(['Dockerfile', 'template.json', '.dockerignore'])

async function describe(path: string, found: Awaited<ReturnType<typeof lstat>>): Promise<string> {
  const mode = (Number(found.mode) & 0o7777).toString(8)
  if (found.isSymbolicLink()) return `link ${await readlink(path)}`
  if (found.isDirectory()) return `directory ${mode}`
  if (!found.isFile()) throw builderError('invalid-argument', `${path} is neither file, folder nor link`)
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return `file ${mode} ${hash.digest('hex')}`
}
