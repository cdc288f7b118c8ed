import { encodeText, type FileInfo, type FileOptions, type Files, kib } from '@caisson/core'
import type { Machine } from '../kernel/machine.ts'
import { readAt, writeAt } from './content.ts'
import {
  type Actor,
  type FileSystem,
  find,
  lookUp,
  makeDirectories,
  openForWriting,
  removeTree,
  rename,
  store,
} from './file-system.ts'
import { type DirectoryNode, type Node, permits } from './node.ts'
import { SystemError } from './system-error.ts'
import { createWatch } from './watch.ts'

/** The contract's `Files` over a machine, relative paths starting at the actor's directory. Throws `SystemError`. */
export function createFiles(machine: Machine, actor: Actor): Files {
  const system = machine.files
  const as = (options: FileOptions | undefined): Actor =>
    options?.user === undefined ? actor : { ...actor, user: options.user }
  const home = (path: string, options: FileOptions | undefined): string =>
    path === '~' || path.startsWith('~/') ? homeOf(as(options).user) + path.slice(1) : path

  return {
    read: async (path, options) => {
      const { node } = lookUp(system, home(path, options), as(options))
      if (node.kind === 'directory') throw new SystemError('EISDIR', path)
      if (node.kind !== 'file') throw new SystemError('EINVAL', path)
      if (!permits(node, as(options).user, 'read')) throw new SystemError('EACCES', path)
      let position = 0
      const stream = new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            const part = readAt(node.content, position, 64 * kib)
            if (part === undefined) controller.close()
            else controller.enqueue(part.slice())
            position += part?.byteLength ?? 0
          },
        },
        { highWaterMark: 0 },
      )
      return await Promise.resolve(stream)
    },
    write: async (path, data, options) => {
      const where = home(path, options)
      makeParents(system, where, as(options))
      const { node, path: at } = openForWriting(system, where, as(options), { truncate: true, mode: options?.mode })
      if (options?.mode !== undefined) node.mode = options.mode & 0o7777
      const append = (part: Uint8Array): void => store(system, node, at, writeAt(node.content, node.content.size, part))
      if (data instanceof Uint8Array) append(data)
      else
        await data.pipeTo(
          new WritableStream({ write: append }),
          options?.signal === undefined ? {} : { signal: options.signal },
        )
      return describe(at, node)
    },
    stat: async (path, options) => await Promise.resolve(statPath(machine, home(path, options), as(options))),
    list: async (path, options) => {
      const place = lookUp(system, home(path, options), as(options))
      if (place.node.kind !== 'directory') throw new SystemError('ENOTDIR', path)
      if (!permits(place.node, as(options).user, 'read')) throw new SystemError('EACCES', path)
      return await Promise.resolve(entries(place.node, place.path, options?.depth ?? 1))
    },
    makeDirectory: async (path, options) => {
      return await Promise.resolve(makeDirectories(system, home(path, options), as(options)))
    },
    move: async (from, to, options) => {
      const target = home(to, options)
      statPath(machine, home(from, options), as(options))
      makeParents(system, target, as(options))
      const place = rename(system, home(from, options), target, as(options))
      return await Promise.resolve(statPath(machine, place.path, as(options)))
    },
    remove: async (path, options) => await Promise.resolve(removeTree(system, home(path, options), as(options))),
    watch: async (path, options) => {
      const { node, path: at } = lookUp(system, home(path, options), as(options))
      if (node.kind !== 'directory') throw new SystemError('ENOTDIR', path)
      return await Promise.resolve(createWatch(system, at, options?.recursive ?? false))
    },
  }
}

export function homeOf(user: string): string {
  return user === 'root' ? '/root' : `/home/${user}`
}

function makeParents(system: FileSystem, path: string, actor: Actor): void {
  const parent = path.replace(/\/*[^/]+\/*$/, '')
  if (parent !== '' && parent !== path) makeDirectories(system, `${parent}/`, actor)
}

function statPath(machine: Machine, path: string, actor: Actor): FileInfo {
  const { node, path: at } = find(machine.files, path, actor, 'no-follow')
  if (node === undefined) throw new SystemError('ENOENT', path)
  return describe(at, node)
}

/** What `stat` tells of a node. */
function describe(path: string, node: Node): FileInfo {
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    type: node.kind,
    sizeBytes: sizeOf(node),
    mode: node.mode,
    owner: node.owner,
    group: node.owner,
    modifiedAtMs: node.modifiedAtMs,
    ...(node.kind === 'symlink' ? { target: node.target } : {}),
  }
}

function sizeOf(node: Node): number {
  if (node.kind === 'file') return node.content.size
  return node.kind === 'symlink' ? encodeText(node.target).byteLength : 0
}

function entries(directory: DirectoryNode, path: string, depth: number): FileInfo[] {
  return [...directory.children]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([name, node]) => {
      const at = `${path === '/' ? '' : path}/${name}`
      const below = node.kind === 'directory' && depth > 1 ? entries(node, at, depth - 1) : []
      return [describe(at, node)].concat(below)
    })
}
