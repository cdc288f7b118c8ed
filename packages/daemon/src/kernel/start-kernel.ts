import { ConnectError } from '@caisson/wire-e2b'
import { issueMarker, markerVariable, type Root } from '../process/kill-tree.ts'
import { readUid } from '../process/proc-table.ts'
import { type Cell, createKernel, type Kernel } from './kernel.ts'
import { closeAll, listDescriptors, openKernelPipes } from './kernel-pipes.ts'
import { type KernelPlace, rootOf, type SpawnedKernel, spawnKernel } from './spawn-kernel.ts'
import type { Forked } from './zygote.ts'

/** How the kernel of a language is started and spoken to. */
export interface KernelKind {
  readonly argv: (place: KernelPlace) => readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** A cell as the kernel reads it. Default: a line of JSON. */
  readonly encode?: (cell: Cell) => string
  /** Takes a kernel from a zygote instead, while there is one. */
  readonly fork?: (place: KernelPlace, descriptors: readonly number[]) => Promise<Forked | undefined>
}

export async function startKernel(
  kind: KernelKind,
  place: KernelPlace,
  others: (self: Root) => readonly Root[],
): Promise<Kernel> {
  const pipes = openKernelPipes(place.user)
  const nonce = crypto.randomUUID()
  try {
    const theirs = listDescriptors(pipes.theirs)
    const forked = await kind.fork?.(place, theirs)
    // What the zygote says is the user's word: it must not name a process of somebody else.
    if (forked !== undefined && readUid(forked.pid) !== place.user.uid)
      throw new ConnectError('unavailable', 'the kernel ended before it began')
    const marker = issueMarker()
    const { root, exited }: SpawnedKernel =
      forked === undefined
        ? spawnKernel(kind.argv(place), theirs, { ...place, env: { ...place.env, ...kind.env } })
        : { root: rootOf(forked.pid, marker, place.user), exited: forked.exited }
    const env = { ...place.env, [markerVariable]: root.marker }
    return createKernel(
      {
        root,
        exited,
        pipes: pipes.ours,
        nonce,
        greeting: encodeLine({ nonce, cwd: place.cwd, env }),
        encode: kind.encode ?? encodeLine,
      },
      () => others(root),
    )
  } catch (error) {
    closeAll(listDescriptors(pipes.ours))
    throw error
  } finally {
    closeAll(listDescriptors(pipes.theirs))
  }
}

function encodeLine(value: object): string {
  return `${JSON.stringify(value)}\n`
}
