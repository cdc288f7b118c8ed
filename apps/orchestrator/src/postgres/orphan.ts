import { readFile, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Whether a Postgres runs on the data directory, left behind by an orchestrator that was killed. The process with the noted pid counts
 * only if it works in that very directory: after a crash of the machine the pid may be anybody's, and then the note is removed, because
 * Postgres would take it for its own.
 */
export async function findOrphan(dataDirectory: string): Promise<number | undefined> {
  const note = join(dataDirectory, 'postmaster.pid')
  const text = await readFile(note, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const pid = Number.parseInt(text, 10)
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  if (cwd === dataDirectory) return pid
  await rm(note, { force: true })
  return undefined
}
