import { ConnectError } from '@caisson/wire-e2b'
import { issueMarker, markerVariable, type Root } from '../process/kill-tree.ts'
import { readUid } from '../process/proc-table.ts'
import { type Cell, createKernel, type Kernel } from './kernel.ts'
import { closeAll, type KernelDescriptors, listDescriptors, openKernelPipes } from './kernel-pipes.ts'
import { findProgramAt, type KernelPlace, rootOf, type SpawnedKernel, spawnKernel, type Stdio } from './spawn-kernel.ts'
import type { Forked } from './zygote.ts'

/** How the kernel of a language is started and spoken to. */
export interface KernelKind {
  readonly argv: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** A program without which the language is not there. Default: the first of `argv`. */
  readonly needs?: string
  /** Whether commands come on the standard input, which is empty otherwise. */
  readonly readsStandardInput?: boolean
  /** Whether SIGINT goes to the programs that it started at once. */
  readonly interruptsGroup?: boolean
  /** What it is sent first. Default: a line of JSON. */
  readonly greet?: (greeting: Greeting) => string
  /** A cell as the kernel reads it. Default: a line of JSON. */
  readonly encode?: (cell: Cell) => string
  /** Takes a kernel from a zygote instead, while there is one. */
  readonly fork?: (place: KernelPlace, descriptors: readonly number[]) => Promise<Forked | undefined>
}

export interface Greeting {
  readonly nonce: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Throws `unimplemented` when the sandbox cannot run the language. */
export function requireLanguage(language: string, { argv, needs = argv[0] }: KernelKind, place: KernelPlace): void {
  for (const program of new Set([argv[0], needs])) {
    try {
      findProgramAt(program, place)
    } catch {
      throw new ConnectError('unimplemented', `this sandbox has no ${language}: the program '${program}' is not there`)
    }
  }
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
        ? spawnKernel(kind.argv, stdioOf(kind, pipes.theirs), { ...place, env: { ...place.env, ...kind.env } })
        : { root: rootOf(forked.pid, marker, place.user), exited: forked.exited }
    const env = { ...place.env, [markerVariable]: root.marker }
    return createKernel(
      {
        root,
        exited,
        pipes: pipes.ours,
        nonce,
        greeting: (kind.greet ?? encodeLine)({ nonce, cwd: place.cwd, env }),
        encode: kind.encode ?? encodeLine,
        interruptsGroup: kind.interruptsGroup ?? false,
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

function stdioOf(
  { readsStandardInput = false }: KernelKind,
  { stdout, stderr, commands, events }: KernelDescriptors,
): readonly Stdio[] {
  return readsStandardInput
    ? [commands, stdout, stderr, 'ignore', events]
    : ['ignore', stdout, stderr, commands, events]
}

function encodeLine(value: object): string {
  return `${JSON.stringify(value)}\n`
}
