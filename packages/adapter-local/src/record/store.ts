import { isAlive, ownIdentity } from '@caisson/adapter-kit'
import { freshId } from '@caisson/core'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno, unless } from '../map-error.ts'
import { recordSchema, type SandboxRecord } from './record.ts'

/** The state directory: one folder per sandbox, and what sandboxes share. */
export interface Store {
  readonly root: string
}

export function sandboxDirectory(store: Store, id: string): string {
  return join(store.root, 'sandboxes', id)
}

/** Where the OCI runtime keeps what it knows of its containers, and the compiled seccomp filter, which they share. */
export function runtimeStateDirectory(store: Store): string {
  return join(store.root, 'runtime')
}

/** Makes the directory with everything that is shared. Only its owner may look into it. */
export async function openStore(root: string): Promise<Store> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  await Promise.all(
    ['sandboxes', 'layers', 'disks', 'volumes', 'snapshots', 'runtime'].map(
      async (name) => await mkdir(join(root, name), { recursive: true, mode: 0o700 }),
    ),
  )
  return { root }
}

/** Makes the sandbox's folder, which appears only together with its record. */
export async function createSandboxDirectory(store: Store, record: SandboxRecord): Promise<string> {
  const unfinished = temporaryPath(store)
  // The sandbox's own user ids have to pass through it, once it is mounted elsewhere; nobody else passes the directories above.
  await mkdir(unfinished, { mode: 0o711 })
  await writeFile(join(unfinished, 'record.json'), JSON.stringify(record), { mode: 0o600 })
  const directory = sandboxDirectory(store, record.id)
  await rename(unfinished, directory)
  return directory
}

/** Replaces the record in one step: a reader sees the old one or the new one. Synchronous, since it is on the way of every creation. */
export function writeRecord(store: Store, record: SandboxRecord): void {
  const path = join(sandboxDirectory(store, record.id), 'record.json')
  const fresh = `${path}.${freshId()}`
  writeFileSync(fresh, JSON.stringify(record), { mode: 0o600 })
  renameSync(fresh, path)
}

/** Undefined when there is no such sandbox; `unreadable` when what is written of it was torn, or comes from another version. */
export async function readRecord(store: Store, id: string): Promise<SandboxRecord | 'unreadable' | undefined> {
  const text = await unless(readFile(join(sandboxDirectory(store, id), 'record.json'), 'utf8'), 'ENOENT', 'ENOTDIR')
  if (text === undefined) return undefined
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch {
    return 'unreadable'
  }
}

/** As `readRecord`, for who cannot wait. Undefined also for what cannot be read. */
export function readRecordSync(store: Store, id: string): SandboxRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(join(sandboxDirectory(store, id), 'record.json'), 'utf8')))
  } catch {
    return undefined
  }
}

/** The records of all sandboxes that can be read. */
export async function readRecords(store: Store): Promise<readonly SandboxRecord[]> {
  const records = await Promise.all((await sandboxIds(store)).map(async (id) => await readRecord(store, id)))
  return records.filter((record) => record !== undefined && record !== 'unreadable')
}

export async function sandboxIds(store: Store): Promise<readonly string[]> {
  return (await readdir(join(store.root, 'sandboxes'))).filter((name) => !name.startsWith('.'))
}

/** Takes the folder out of sight in one step, then removes it. Whoever comes second finds nothing. */
export async function removeSandboxDirectory(store: Store, id: string): Promise<'removed' | 'absent'> {
  const condemned = temporaryPath(store)
  try {
    await rename(sandboxDirectory(store, id), condemned)
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return 'absent'
    throw error
  }
  await rm(join(runtimeStateDirectory(store), id), { recursive: true, force: true })
  await rm(condemned, { recursive: true, force: true })
  return 'removed'
}

/** Removes what processes that are over left half made or half removed. */
export async function removeTemporaries(store: Store): Promise<number> {
  const removed = await Promise.all(
    ['sandboxes', 'volumes', 'snapshots'].map(async (name) => await removeTemporariesIn(join(store.root, name))),
  )
  return removed.reduce((total, count) => total + count, 0)
}

async function removeTemporariesIn(directory: string): Promise<number> {
  const names = (await readdir(directory)).filter((name) => name.startsWith('.'))
  const abandoned = names.filter((name) => {
    const [, pid, startTime] = name.split('-')
    return pid === undefined || startTime === undefined || !isAlive({ pid: Number(pid), startTime })
  })
  await Promise.all(abandoned.map(async (name) => await rm(join(directory, name), { recursive: true, force: true })))
  return abandoned.length
}

function temporaryPath(store: Store): string {
  return join(store.root, 'sandboxes', temporaryName())
}

/** For what is being made or removed: a sweep removes it when this process is over. */
export function temporaryName(): string {
  const { pid, startTime } = ownIdentity()
  return `.tmp-${pid}-${startTime}-${freshId()}`
}
