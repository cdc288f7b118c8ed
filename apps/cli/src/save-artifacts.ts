import { join, normalize, sep } from 'node:path'
import type { CaissonClient } from '@caisson/client'
import { type Artifact, OperationError } from '@caisson/core'
import { writeLocal } from './write-local.ts'

/** Writes artifacts below a directory and returns their paths. A path comes out of a sandbox, so one that would lead elsewhere is refused. */
export async function saveArtifacts(
  client: CaissonClient,
  artifacts: readonly Artifact[],
  directory: string,
): Promise<readonly string[]> {
  const paths: string[] = []
  for (const { id, path } of artifacts) {
    const inside = normalize(path)
    if (inside === '..' || inside.startsWith(`..${sep}`) || inside.startsWith(sep) || inside.includes('\0')) {
      throw new OperationError('internal', `an artifact's path leads out of ${directory}: ${JSON.stringify(path)}`)
    }
    const target = join(directory, inside)
    await writeLocal(target, client.artifacts.read(id), { field: '--out', makeDirectory: true })
    paths.push(target)
  }
  return paths
}
