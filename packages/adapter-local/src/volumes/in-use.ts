import { isAbandoned } from '../expiry/is-abandoned.ts'
import type { Context } from '../launch/context.ts'
import type { SandboxRecord } from '../record/record.ts'
import { readAllCurrent } from '../record/read-current.ts'
import type { Store } from '../record/store.ts'
import { volumeDirectory } from './volume.ts'

/** Folders of the volumes that living sandboxes have mounted, or are about to; `except` names a sandbox that does not count. */
export async function volumesInUse(context: Context, except?: string): Promise<ReadonlySet<string>> {
  const records = await Array.fromAsync(readAllCurrent(context.store))
  const living = records.filter((record) => record.id !== except && !isAbandoned(context, record))
  return new Set(living.flatMap((record) => volumesOf(context.store, record)))
}

/** Folders of the volumes of one sandbox. */
export function volumesOf(store: Store, record: SandboxRecord): readonly string[] {
  if (record.state === 'preparing') return []
  const organization = record.labels['organization'] ?? ''
  return record.volumes.map(({ name }) => volumeDirectory(store, { organization, name }))
}
