import { readAt, resize, writeAt, zeros } from '../files/content.ts'
import { accountOf, type Actor, lookUp, openForWriting, store } from '../files/file-system.ts'
import { type FileNode, permits, type SpecialNode } from '../files/node.ts'
import { SystemError } from '../files/system-error.ts'
import { breathe } from './breathe.ts'
import type { Machine } from './machine.ts'
import { duplicate, type Descriptors, type OpenFile, openFile, release, type Stream } from './open-file.ts'

export type OpenMode = 'read' | 'write' | 'append'

/** Opens a path as a program of `actor` would. `/dev/stdout` and its kin are the program's own descriptors. */
export function openPath(
  machine: Machine,
  actor: Actor,
  path: string,
  options: { readonly mode: OpenMode; readonly io: Descriptors },
): OpenFile {
  const standard = ['/dev/stdin', '/dev/stdout', '/dev/stderr'].indexOf(path)
  if (standard !== -1) {
    const file = options.io.get(standard)
    if (file === undefined) throw new SystemError('EBADF', path)
    const kept = duplicate(file)
    return openFile({ ...kept.stream, close: () => release(kept) })
  }
  if (options.mode !== 'read') {
    const special = existingSpecial(machine, actor, path)
    if (special !== undefined) return openFile(deviceStream(special))
    const { node, path: at } = openForWriting(machine.files, path, actor, { truncate: options.mode === 'write' })
    return openFile(fileStream(machine, node, at, options.mode))
  }
  const { node, path: at } = lookUp(machine.files, path, actor)
  if (!permits(node, actor.user, 'read')) throw new SystemError('EACCES', path)
  if (node.kind === 'other') return openFile(deviceStream(node))
  if (node.kind !== 'file') throw new SystemError('EISDIR', path)
  return openFile(fileStream(machine, node, at, 'read'))
}

function existingSpecial(machine: Machine, actor: Actor, path: string): SpecialNode | undefined {
  try {
    const { node } = lookUp(machine.files, path, actor)
    return node.kind === 'other' ? node : undefined
  } catch (error) {
    if (error instanceof SystemError && error.errno === 'ENOENT') return undefined
    throw error
  }
}

function fileStream(machine: Machine, node: FileNode, path: string, mode: OpenMode): Stream {
  let position = 0
  return {
    read: async (maxBytes) => {
      const part = readAt(node.content, position, maxBytes)
      position += part?.byteLength ?? 0
      return await Promise.resolve(part)
    },
    write: async (bytes) => {
      if (mode === 'append') position = node.content.size
      const { limitBytes, usedBytes } = accountOf(machine.files, path)
      const room = limitBytes - usedBytes
      if (room < bytes.byteLength) {
        store(machine.files, node, path, writeAt(node.content, position, bytes.subarray(0, Math.max(0, room))))
        throw new SystemError('ENOSPC', path)
      }
      store(machine.files, node, path, writeAt(node.content, position, bytes))
      position += bytes.byteLength
      await Promise.resolve()
    },
    close: () => undefined,
  }
}

function deviceStream(node: SpecialNode): Stream {
  return {
    read: async (maxBytes) => {
      await breathe()
      const length = Math.min(maxBytes, zeros.byteLength)
      if (node.device === 'zero') return zeros.subarray(0, length)
      if (node.device === 'random') return crypto.getRandomValues(new Uint8Array(length))
      return undefined
    },
    write: async () => await Promise.resolve(),
    close: () => undefined,
  }
}

/** Sets a file's length as `truncate` does: growth is a hole. */
export function truncatePath(machine: Machine, actor: Actor, path: string, size: number): void {
  const { node, path: at } = openForWriting(machine.files, path, actor, { truncate: false })
  store(machine.files, node, at, resize(node.content, size))
}
