import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Debian keeps file system and runtime programs out of an ordinary user's PATH. */
const systemDirectories = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Absolute path of the first of these programs that is there, in order of preference. */
export async function findProgram(...names: readonly string[]): Promise<string | undefined> {
  const directories = [...systemDirectories, ...(process.env['PATH'] ?? '').split(delimiter)]
  for (const name of names) {
    for (const directory of directories) {
      const path = join(directory, name)
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (found) return path
    }
  }
  return undefined
}
