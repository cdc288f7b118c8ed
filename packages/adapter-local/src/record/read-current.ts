import { isAlive } from '@caisson/adapter-kit'
import { isDeepStrictEqual } from 'node:util'
import type { SandboxRecord } from './record.ts'
import { readRecord, sandboxIds, type Store } from './store.ts'

/**
 * As `readRecord`, and true at the moment at which it was asked for: a gVisor sandbox loses its processes when it is paused, which its record tells before.
 * So one that runs and has no process is looked at again; only when it still says so is the sandbox over.
 */
export async function readCurrent(store: Store, id: string): Promise<SandboxRecord | 'unreadable' | undefined> {
  for (let record = await readRecord(store, id); ;) {
    if (record === undefined || record === 'unreadable' || !hasLostItsProcess(record)) return record
    const again = await readRecord(store, id)
    if (isDeepStrictEqual(again, record)) return record
    record = again
  }
}

function hasLostItsProcess(record: SandboxRecord): boolean {
  return record.state === 'running' && record.init !== undefined && !isAlive(record.init)
}

/** Of all sandboxes whose records can be read, each at the moment at which it is asked for. */
export async function* readAllCurrent(store: Store): AsyncIterable<SandboxRecord> {
  for (const id of await sandboxIds(store)) {
    const record = await readCurrent(store, id)
    if (record !== undefined && record !== 'unreadable') yield record
  }
}
