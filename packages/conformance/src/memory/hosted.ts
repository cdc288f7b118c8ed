import {
  freshId,
  type ResolvedSandboxSpec,
  type Resources,
  type SandboxId,
  sandboxIdSchema,
  type SandboxInfo,
  SandboxError,
  defaultResources,
} from '@caisson/core'
import { createBaseFiles, mountProc } from './base-files.ts'
import { detachVolume, type MemoryVolume, mountVolumes } from './volumes.ts'
import type { CodeContexts } from './code.ts'
import { createEgress, type Egress, type Network } from './egress.ts'
import { treeBytes } from './files/file-system.ts'
import { cloneNode, type DirectoryNode } from './files/node.ts'
import { createMachine, type Machine } from './kernel/machine.ts'
import type { Spawned } from './kernel/spawned.ts'
import { finish } from './kernel/task.ts'
import type { MemoryClock } from './clock.ts'
import type { Program } from './program.ts'

/** The sandboxes and templates of one imagined provider. Adapters that share a world see the same ones. */
export interface MemoryWorld {
  readonly sandboxes: Map<SandboxId, Hosted>
  /** Content kept by `snapshot`. */
  readonly templates: Map<string, DirectoryNode>
  readonly volumes: Map<string, MemoryVolume>
}

export function createMemoryWorld(): MemoryWorld {
  return { sandboxes: new Map(), templates: new Map(), volumes: new Map() }
}

/** One sandbox as the world holds it, shared by all handles. */
export interface Hosted {
  readonly id: SandboxId
  readonly machine: Machine
  readonly egress: Egress
  readonly spec: ResolvedSandboxSpec
  readonly template: string
  readonly createdAtMs: number
  expiresAtMs: number
  readonly spawned: Spawned[]
  readonly contexts: CodeContexts
  readonly gone: { readonly promise: Promise<void>; readonly resolve: () => void; is: boolean }
  stopTimer: () => void
}

export interface Hosting {
  readonly adapter: string
  readonly world: MemoryWorld
  readonly clock: MemoryClock
  readonly programs: Readonly<Record<string, Program>>
  readonly network: Network | undefined
  /** What a new volume holds unless a spec says otherwise. */
  readonly volumeBytes: number
}

/** Makes a sandbox and lets its life run. `content` replaces the base files. */
export function host(hosting: Hosting, spec: ResolvedSandboxSpec, template: string, content?: DirectoryNode): Hosted {
  const { adapter, clock, world } = hosting
  const limits: Resources = {
    cpus: spec.resources?.cpus ?? defaultResources.cpus,
    memoryBytes: spec.resources?.memoryBytes ?? defaultResources.memoryBytes,
    diskBytes: spec.resources?.diskBytes ?? defaultResources.diskBytes,
    pids: spec.resources?.pids ?? defaultResources.pids,
  }
  const base = createBaseFiles(hosting.programs, limits.diskBytes, clock.now)
  const root = content === undefined ? base.root : cloneDirectory(content)
  const plain = { ...base, root, usedBytes: treeBytes(root) - treeBytes(base.root) }
  const files = { ...plain, mounts: mountVolumes(hosting, plain, spec) }
  const egress = createEgress(adapter, spec.egress, hosting.network)
  const machine = createMachine({ clock, files, limits, env: spec.env, connect: egress.connect, listeners: new Map() })
  mountProc(machine)
  const gone = Promise.withResolvers<void>()
  const createdAtMs = clock.now()
  const hosted: Hosted = {
    id: sandboxIdSchema.parse(freshId()),
    machine,
    egress,
    spec,
    template,
    createdAtMs,
    expiresAtMs: createdAtMs,
    spawned: [],
    contexts: new Map(),
    gone: { ...gone, is: false },
    stopTimer: () => undefined,
  }
  world.sandboxes.set(hosted.id, hosted)
  setEnd(hosting, hosted, spec.ttlMs)
  return hosted
}

/** Lets the sandbox end `ttlMs` from now. */
export function setEnd(hosting: Hosting, hosted: Hosted, ttlMs: number): void {
  hosted.stopTimer()
  hosted.expiresAtMs = hosting.clock.now() + ttlMs
  hosted.stopTimer = hosting.clock.schedule(
    () => {
      if (hosted.spec.onExpiry === 'pause') pause(hosted)
      else end(hosting, hosted)
    },
    ttlMs,
    'idle',
  )
}

/** Ends a sandbox with everything in it. */
export function end(hosting: Hosting, hosted: Hosted): 'destroyed' | 'absent' {
  if (hosted.gone.is) return 'absent'
  hosted.gone.is = true
  hosted.stopTimer()
  hosting.world.sandboxes.delete(hosted.id)
  const error = new SandboxError('sandbox-not-found', hosting.adapter, 'the sandbox is gone')
  // Whoever waits learns of the end of the sandbox before that of its processes.
  hosted.gone.resolve()
  for (const watcher of hosted.machine.files.watchers) watcher.fail(error)
  for (const { journal } of hosted.spawned) journal.fail(error)
  for (const task of hosted.machine.tasks.values()) finish(hosted.machine, task, { signal: 'SIGKILL' })
  return 'destroyed'
}

export function pause(hosted: Hosted): void {
  hosted.machine.paused = true
}

export function resume(hosted: Hosted): void {
  hosted.machine.paused = false
  hosted.machine.resumed.all()
}

export function infoOf(adapter: string, hosted: Hosted): SandboxInfo {
  return {
    id: hosted.id,
    adapter,
    template: hosted.template,
    state: hosted.machine.paused ? 'paused' : 'running',
    createdAtMs: hosted.createdAtMs,
    expiresAtMs: hosted.expiresAtMs,
    labels: hosted.spec.labels,
  }
}

/** A copy of a sandbox's files as they are now. */
export function copyFiles(hosted: Hosted): DirectoryNode {
  const { root, mounts } = hosted.machine.files
  const copy = cloneDirectory(root)
  for (const { path } of mounts) detachVolume(copy, path)
  return copy
}

function cloneDirectory(directory: DirectoryNode): DirectoryNode {
  const children = [...directory.children].filter(([name]) => name !== 'proc')
  return { ...directory, children: new Map(children.map(([name, node]) => [name, cloneNode(node)])) }
}
