import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface RanExample extends AsyncDisposable {
  readonly stdout: string
  /** Where it ran and left its files. */
  readonly directory: string
}

/** Runs an example as its reader would, in a directory of its own. */
export async function runExample(
  name: string,
  { env = {}, command }: { readonly env?: Readonly<Record<string, string>>; readonly command?: string } = {},
): Promise<RanExample> {
  const path = fileURLToPath(new URL(`../../src/${name}`, import.meta.url))
  const directory = await mkdtemp(join(tmpdir(), 'caisson-example-'))
  const remove = async (): Promise<void> => await rm(directory, { recursive: true })
  try {
    const [program, ...options] = command === undefined ? [process.execPath, '--conditions=@caisson/source'] : [command]
    const { stdout } = await promisify(execFile)(program ?? '', [...options, path], {
      cwd: directory,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    })
    return { stdout, directory, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}
