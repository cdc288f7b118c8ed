import {
  environmentSchema,
  type ResolvedSandboxSpec,
  type Resources,
  resourcesSchema,
  SandboxError,
} from '@caisson/core'
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { adapterName } from '../adapter-name.ts'
import { authorityFor } from '../egress/authority.ts'
import type { Context } from '../launch/context.ts'
import { environmentOf } from '../launch/daemon-configuration.ts'
import { hasErrno, unless } from '../map-error.ts'
import { findLiving } from '../find-running.ts'
import { type MountedVolume, mountedVolumeSchema, type RunningRecord } from '../record/record.ts'
import { sandboxDirectory, type Store, temporaryName } from '../record/store.ts'
import { begin, copyTo } from './begin.ts'
import { changing } from './change.ts'
import { copyWrittenDown } from './copy.ts'
import { whileWrittenDown } from './pause.ts'

const snapshotSchema = z.strictObject({
  version: z.literal(1),
  /** Whose it is, and how they call it. */
  organization: z.string().optional(),
  name: z.string(),
  user: z.string(),
  layer: z.string(),
  resources: resourcesSchema,
  templateEnv: environmentSchema.default({}),
  volumes: z.array(mountedVolumeSchema),
  /** What is in memory belongs to one build of the daemon. */
  daemonBuild: z.number(),
})
type Snapshot = z.infer<typeof snapshotSchema>

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/

/** The folder of a snapshot: each organization has its own under a name, and nothing that a caller wrote is part of the path. */
function snapshotDirectory({ root }: Store, organization: string | undefined, name: string): string {
  const key = createHash('sha256')
    .update(JSON.stringify([organization ?? null, name]))
    .digest('hex')
  return join(root, 'snapshots', key.slice(0, 32))
}

/**
 * Keeps a sandbox's memory and disk under a name that `create` accepts as a template, from whoever names the same organization. It stays until its folder
 * is removed.
 */
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
  const { organization } = (await findLiving(context, id)).labels
  const directory = snapshotDirectory(context.store, organization, name)
  if (taken.includes(name) || (await readSnapshot(directory)) !== undefined) throw exists
  const unfinished = join(dirname(directory), temporaryName())
  await mkdir(unfinished, { recursive: true, mode: 0o700 })
  try {
    await changing(context, id, async (record) => {
      await whileWrittenDown(context, record, async ({ user, layer, resources, templateEnv, volumes }) => {
        await copyWrittenDown(sandboxDirectory(context.store, id), unfinished)
        const parts = { user, layer, resources, templateEnv, volumes }
        const snapshot: Snapshot = { version: 1, organization, name, ...parts, daemonBuild: daemonBuild(context) }
        await writeFile(join(unfinished, 'snapshot.json'), JSON.stringify(snapshot), { mode: 0o600 })
      })
    })
    await rename(unfinished, directory)
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
  const directory = snapshotDirectory(context.store, spec.labels['organization'], name)
  const snapshot = await readSnapshot(directory)
  if (snapshot === undefined) return undefined
  checkResources(spec.resources, snapshot.resources)
  checkVolumes(spec.volumes, snapshot.volumes)
  if (snapshot.daemonBuild !== daemonBuild(context)) {
    throw new SandboxError('conflict', adapterName, `the snapshot ${name} was taken under another version of Caisson`, {
      field: 'template',
      remedy: 'take it again',
    })
  }
  const { user, layer, resources, templateEnv, volumes } = snapshot
  const { labels, egress, onExpiry, ttlMs } = spec
  const copied = await copyTo(context, directory, {
    template: name,
    user,
    layer,
    resources,
    labels,
    egress,
    ...(await authorityFor(egress)),
    volumes,
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

/** So are the mounts. */
function checkVolumes(asked: ResolvedSandboxSpec['volumes'], held: readonly MountedVolume[]): void {
  const without = ({ name, path, readOnly }: MountedVolume): MountedVolume => ({ name, path, readOnly })
  if (asked.length === 0 || isDeepStrictEqual(asked.map(without), held.map(without))) return
  throw new SandboxError('unsupported', adapterName, 'the snapshot was taken with other volumes', {
    field: 'volumes',
    remedy: 'leave them out: a sandbox has those with which its snapshot was taken',
  })
}

async function readSnapshot(directory: string): Promise<Snapshot | undefined> {
  const text = await unless(readFile(join(directory, 'snapshot.json'), 'utf8'), 'ENOENT')
  return text === undefined ? undefined : snapshotSchema.parse(JSON.parse(text))
}

function daemonBuild({ machine }: Context): number {
  return statSync(machine.daemonDirectory).ino
}
