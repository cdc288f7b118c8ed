import type { FileEvent } from '@caisson/core'
import { allocatedBytes, type Content } from './content.ts'
import { type DirectoryNode, directoryNode, type FileNode, fileNode, type Node, permits } from './node.ts'
import { SystemError } from './system-error.ts'

/** What files may take together. */
export interface Account {
  readonly limitBytes: number
  usedBytes: number
}

export interface FileSystem extends Account {
  readonly root: DirectoryNode
  readonly now: () => number
  readonly watchers: Set<Watcher>
  readonly mounts: readonly Mount[]
}

/** A directory whose files are charged elsewhere. */
export interface Mount {
  /** Absolute and without links. */
  readonly path: string
  readonly readOnly: boolean
  readonly account: Account
}

export interface Watcher {
  /** Told of every change, with absolute paths. */
  readonly see: (event: FileEvent) => void
  /** There will be no more changes. */
  readonly fail: (error: unknown) => void
}

/** Where a path leads: the node, if there is one, and the directory that holds or would hold it. */
export interface Place {
  readonly parent: DirectoryNode
  readonly name: string
  readonly node: Node | undefined
  /** Absolute, without links, `.` and `..`, except for a link at the end that was not followed. */
  readonly path: string
}

/** Who acts, and from which directory. */
export interface Actor {
  readonly user: string
  readonly cwd: string
}

/** Walks a path from the root. `..` at the root stays there. */
export function find(system: FileSystem, path: string, actor: Actor, follow: 'follow' | 'no-follow'): Place {
  if (path === '' || path.includes('\0')) throw new SystemError('EINVAL', 'path')
  const pending = (path.startsWith('/') ? path : `${actor.cwd}/${path}`).split('/').filter((part) => part !== '')
  const mustBeDirectory = path.endsWith('/') || path.endsWith('/.')
  let trail: { readonly name: string; readonly node: DirectoryNode }[] = []
  let links = 0
  const here = (): DirectoryNode => trail.at(-1)?.node ?? system.root
  const pathTo = (name: string): string => '/' + [...trail.map((step) => step.name), name].filter(Boolean).join('/')

  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === '.') continue
    if (part === '..') {
      trail.pop()
      continue
    }
    if (part.length > 255) throw new SystemError('ENAMETOOLONG', path)
    const parent = here()
    if (!permits(parent, actor.user, 'execute')) throw new SystemError('EACCES', path)
    const node = parent.children.get(part)
    const last = pending.length === 0
    if (node?.kind === 'symlink' && (!last || follow === 'follow' || mustBeDirectory)) {
      if (++links > 40) throw new SystemError('ELOOP', path)
      if (node.target.startsWith('/')) trail = []
      pending.unshift(...node.target.split('/').filter((step) => step !== ''))
    } else if (last && node?.kind !== 'directory') {
      if (mustBeDirectory && node !== undefined) throw new SystemError('ENOTDIR', path)
      return { parent, name: part, node, path: pathTo(part) }
    } else if (node === undefined) {
      throw new SystemError('ENOENT', path)
    } else if (node.kind === 'directory') {
      trail.push({ name: part, node })
    } else {
      throw new SystemError('ENOTDIR', path)
    }
  }
  const node = here()
  const name = trail.at(-1)?.name ?? ''
  trail.pop()
  return { parent: here(), name, node, path: pathTo(name) }
}

/** The node at a path, links followed. */
export function lookUp(system: FileSystem, path: string, actor: Actor): Place & { readonly node: Node } {
  const place = find(system, path, actor, 'follow')
  if (place.node === undefined) throw new SystemError('ENOENT', path)
  return { ...place, node: place.node }
}

/** Opens a regular file for writing; makes it when it is not there. */
export function openForWriting(
  system: FileSystem,
  path: string,
  actor: Actor,
  options: { readonly truncate: boolean; readonly mode?: number | undefined },
): { readonly node: FileNode; readonly path: string } {
  const place = find(system, path, actor, 'follow')
  if (place.node === undefined) {
    requireWritable(system, place, actor, path)
    const node = fileNode(actor.user, system.now(), { mode: options.mode ?? 0o644 })
    place.parent.children.set(place.name, node)
    notify(system, { type: 'create', path: place.path })
    return { node, path: place.path }
  }
  if (place.node.kind === 'directory') throw new SystemError('EISDIR', path)
  if (place.node.kind !== 'file') throw new SystemError('EINVAL', path)
  if (mountOf(system, place.path)?.readOnly === true) throw new SystemError('EROFS', path)
  if (!permits(place.node, actor.user, 'write')) throw new SystemError('EACCES', path)
  if (options.truncate) store(system, place.node, place.path, { size: 0, pieces: [] })
  return { node: place.node, path: place.path }
}

/** Puts new content into a file, as far as there is room for it. */
export function store(system: FileSystem, node: FileNode, path: string, content: Content): void {
  const growth = allocatedBytes(content) - allocatedBytes(node.content)
  const account = accountOf(system, path)
  if (growth > 0 && account.usedBytes + growth > account.limitBytes) throw new SystemError('ENOSPC', path)
  account.usedBytes += growth
  node.content = content
  node.modifiedAtMs = system.now()
  notify(system, { type: 'write', path })
}

export function makeDirectories(system: FileSystem, path: string, actor: Actor): 'created' | 'exists' {
  if (path === '' || path.includes('\0')) throw new SystemError('EINVAL', 'path')
  const parts = path.split('/').filter((part) => part !== '')
  let made: 'created' | 'exists' = 'exists'
  let prefix = path.startsWith('/') ? '/' : ''
  for (const part of parts) {
    prefix += (prefix === '' || prefix === '/' ? '' : '/') + part
    const place = find(system, prefix, actor, 'follow')
    if (place.node === undefined) {
      makeDirectory(system, prefix, actor)
      made = 'created'
    } else if (place.node.kind !== 'directory') {
      throw new SystemError(prefix === path ? 'EEXIST' : 'ENOTDIR', path)
    }
  }
  return made
}

export function makeDirectory(system: FileSystem, path: string, actor: Actor): void {
  insert(system, path, actor, directoryNode(actor.user, system.now()))
}

/** Puts a node where nothing is. */
export function insert(system: FileSystem, path: string, actor: Actor, node: Node): void {
  const place = find(system, path, actor, 'no-follow')
  if (place.node !== undefined) throw new SystemError('EEXIST', path)
  requireWritable(system, place, actor, path)
  place.parent.children.set(place.name, node)
  notify(system, { type: 'create', path: place.path })
}

/** Removes a node with everything below it. */
export function removeTree(system: FileSystem, path: string, actor: Actor): 'removed' | 'absent' {
  let place: Place
  try {
    place = find(system, path, actor, 'no-follow')
  } catch (error) {
    if (error instanceof SystemError && (error.errno === 'ENOENT' || error.errno === 'ENOTDIR')) return 'absent'
    throw error
  }
  if (place.node === undefined) return 'absent'
  if (place.node === system.root) throw new SystemError('EACCES', path)
  requireWritable(system, place, actor, path)
  refuseMounts(system, place)
  place.parent.children.delete(place.name)
  accountOf(system, place.path).usedBytes -= treeBytes(place.node)
  notify(system, { type: 'remove', path: place.path })
  return 'removed'
}

export function rename(system: FileSystem, from: string, to: string, actor: Actor): Place {
  const source = find(system, from, actor, 'no-follow')
  if (source.node === undefined) throw new SystemError('ENOENT', from)
  const target = find(system, to, actor, 'no-follow')
  requireWritable(system, source, actor, from)
  requireWritable(system, target, actor, to)
  refuseMounts(system, source)
  refuseMounts(system, target)
  if (target.path === source.path) return source
  if (`${target.path}/`.startsWith(`${source.path}/`)) throw new SystemError('EINVAL', to)
  if (target.node?.kind === 'directory') {
    if (source.node.kind !== 'directory') throw new SystemError('EISDIR', to)
    if (target.node.children.size > 0) throw new SystemError('ENOTEMPTY', to)
  }
  const [sourceAccount, targetAccount] = [accountOf(system, source.path), accountOf(system, target.path)]
  const bytes = treeBytes(source.node)
  if (sourceAccount !== targetAccount && targetAccount.usedBytes + bytes > targetAccount.limitBytes) {
    throw new SystemError('ENOSPC', to)
  }
  if (target.node !== undefined) targetAccount.usedBytes -= treeBytes(target.node)
  sourceAccount.usedBytes -= bytes
  targetAccount.usedBytes += bytes
  source.parent.children.delete(source.name)
  target.parent.children.set(target.name, source.node)
  notify(system, { type: 'rename', path: source.path })
  notify(system, { type: 'create', path: target.path })
  return { ...target, node: source.node }
}

export function changeMode(system: FileSystem, path: string, actor: Actor, mode: number): void {
  const { node, path: at } = lookUp(system, path, actor)
  if (mountOf(system, at)?.readOnly === true) throw new SystemError('EROFS', path)
  if (actor.user !== 'root' && actor.user !== node.owner) throw new SystemError('EACCES', path)
  node.mode = mode & 0o7777
  notify(system, { type: 'chmod', path: at })
}

export function treeBytes(node: Node): number {
  if (node.kind === 'file') return allocatedBytes(node.content)
  if (node.kind !== 'directory') return 0
  let total = 0
  for (const child of node.children.values()) total += treeBytes(child)
  return total
}

/** What the files at a path are charged to. */
export function accountOf(system: FileSystem, path: string): Account {
  return mountOf(system, path)?.account ?? system
}

function mountOf(system: FileSystem, path: string): Mount | undefined {
  return system.mounts.find((mount) => path.startsWith(`${mount.path}/`))
}

function requireWritable(system: FileSystem, place: Place, actor: Actor, path: string): void {
  if (mountOf(system, place.path)?.readOnly === true) throw new SystemError('EROFS', path)
  if (!permits(place.parent, actor.user, 'write')) throw new SystemError('EACCES', path)
}

/** What is mounted stays where it is. */
function refuseMounts(system: FileSystem, { path }: Place): void {
  if (system.mounts.some((mount) => `${mount.path}/`.startsWith(`${path}/`))) throw new SystemError('EBUSY', path)
}

function notify(system: FileSystem, event: FileEvent): void {
  for (const watcher of system.watchers) watcher.see(event)
}
