import {
  environmentSchema,
  type ResolvedSandboxSpec,
  type Resources,
  resourcesSchema,
  SandboxError,
} from '@caisson/core'
import { statSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { adapterName } from '../adapter-name.ts'
import type { Context } from '../launch/context.ts'
import { environmentOf } from '../launch/daemon-configuration.ts'
import { hasErrno, unless } from '../map-error.ts'
import type { RunningRecord } from '../record/record.ts'
import { sandboxDirectory, type Store, temporaryName } from '../record/store.ts'
import { begin, copyTo } from './begin.ts'
import { changing } from './change.ts'
import { copyWrittenDown } from './copy.ts'
import { whileWrittenDown } from './pause.ts'

const snapshotSchema = z.strictObject({
  version: z.literal(1),
  user: z.string(),
  layer: z.string(),
  resources: resourcesSchema,
  templateEnv: environmentSchema.default({}),
  /** What is in memory belongs to one build of the daemon. */
  daemonBuild: z.number(),
})
type Snapshot = z.infer<typeof snapshotSchema>

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/

export function snapshotsDirectory({ root }: Store): string {
  return join(root, 'snapshots')
}

/** Keeps a sandbox's memory and disk under a name that `create` accepts as a template. It stays until its folder is removed. */
export async function takeSnapshot(
  context: Context,
  id: string,
  name: string,
  taken: readonly string[],
): Promise<void> {
  if (!namePattern.test(name)) {
    throw new SandboxError(
      'invalid-argument',
      adapterName,
      'the name of a snapshot has letters, digits, "_", "." and "-"',
      {
        field: 'name',
      },
    )
  }
  const exists = new SandboxError('conflict', adapterName, `there is a template named ${name}`, {
    field: 'name',
    remedy: 'use another name',
  })
  if (taken.includes(name) || (await readSnapshot(context.store, name)) !== undefined) throw exists
  const unfinished = join(snapshotsDirectory(context.store), temporaryName())
  await mkdir(unfinished, { recursive: true, mode: 0o700 })
  try {
    await changing(context, id, async (record) => {
      await whileWrittenDown(context, record, async ({ user, layer, resources, templateEnv }) => {
        await copyWrittenDown(sandboxDirectory(context.store, id), unfinished)
        const parts = { user, layer, resources, templateEnv }
        const snapshot: Snapshot = { version: 1, ...parts, daemonBuild: daemonBuild(context) }
        await writeFile(join(unfinished, 'snapshot.json'), JSON.stringify(snapshot), { mode: 0o600 })
      })
    })
    await rename(unfinished, join(snapshotsDirectory(context.store), name))
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw hasErrno(error, 'ENOTEMPTY', 'EEXIST') ? exists : error
  }
}

/** A new sandbox that goes on from a snapshot; undefined when there is none of that name. */
export async function createFromSnapshot(
  context: Context,
  name: string,
  spec: ResolvedSandboxSpec,
  signal: AbortSignal,
): Promise<RunningRecord | undefined> {
  const snapshot = await readSnapshot(context.store, name)
  if (snapshot === undefined) return undefined
  checkResources(spec.resources, snapshot.resources)
  if (snapshot.daemonBuild !== daemonBuild(context)) {
    throw new SandboxError('conflict', adapterName, `the snapshot ${name} was taken under another version of Caisson`, {
      field: 'template',
      remedy: 'take it again',
    })
  }
  const { user, layer, resources, templateEnv } = snapshot
  const { labels, egress, onExpiry, ttlMs } = spec
  const copied = await copyTo(context, join(snapshotsDirectory(context.store), name), {
    template: name,
    user,
    layer,
    resources,
    labels,
    egress,
    onExpiry,
    ttlMs,
    env: environmentOf(spec, templateEnv),
    templateEnv,
  })
  return await begin(context, copied, signal)
}

/** The limits are part of what was written down. */
function checkResources(asked: ResolvedSandboxSpec['resources'], held: Resources): void {
  for (const name of ['cpus', 'memoryBytes', 'diskBytes', 'pids'] as const) {
    const wanted = asked?.[name]
    if (wanted === undefined || wanted === held[name]) continue
    throw new SandboxError('unsupported', adapterName, `the snapshot was taken with ${name} of ${held[name]}`, {
      field: `resources.${name}`,
      remedy: 'leave it out',
    })
  }
}

async function readSnapshot(store: Store, name: string): Promise<Snapshot | undefined> {
  if (!namePattern.test(name)) return undefined
  const text = await unless(readFile(join(snapshotsDirectory(store), name, 'snapshot.json'), 'utf8'), 'ENOENT')
  return text === undefined ? undefined : snapshotSchema.parse(JSON.parse(text))
}

function daemonBuild({ machine }: Context): number {
  return statSync(machine.daemonDirectory).ino
}
