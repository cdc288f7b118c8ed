import type { CallOptions, VolumeKey } from '@caisson/core'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Engine } from '../engine.ts'
import { commonLabels, label } from '../labels.ts'

/** A volume of an organization as the engine knows it. */
export interface Volume extends VolumeKey {
  /** Its name on the engine. */
  readonly volume: string
  readonly createdAtMs: number
  /** Absent where it was made without a limit. */
  readonly sizeBytes?: number | undefined
  /** The file that holds it, where it is a disk of its own. */
  readonly image?: string | undefined
}

/** Nothing that a caller wrote is part of the engine's name. */
export function volumeName(namespace: string, { organization, name }: VolumeKey): string {
  const key = createHash('sha256')
    .update(JSON.stringify([namespace, organization, name]))
    .digest('hex')
  return `caisson-volume-${key.slice(0, 32)}`
}

/** The volume in which the disk of a volume lies. */
export function carrierName(volume: string): string {
  return `${volume}-disk`
}

export function volumeLabels(
  namespace: string,
  { organization, name }: VolumeKey,
  sizeBytes: number | undefined,
): Record<string, string> {
  return {
    ...commonLabels(namespace, 'volume'),
    [label.organization]: organization,
    [label.volume]: name,
    [label.created]: String(Date.now()),
    ...(sizeBytes === undefined ? {} : { [label.size]: String(sizeBytes) }),
  }
}

const listSchema = z.object({
  Volumes: z
    .array(
      z.object({
        Name: z.string(),
        Labels: z.record(z.string(), z.string()).nullish(),
      }),
    )
    .nullish()
    .transform((volumes) => volumes ?? []),
})
type Listed = z.output<typeof listSchema>['Volumes'][number]

function readVolume({ Name, Labels }: Listed): Volume | undefined {
  const {
    [label.organization]: organization,
    [label.volume]: name,
    [label.created]: created,
    [label.size]: size,
    [label.image]: image,
  } = Labels ?? {}
  if (organization === undefined || name === undefined || created === undefined) return undefined
  return {
    volume: Name,
    organization,
    name,
    createdAtMs: Number(created),
    ...(size === undefined ? {} : { sizeBytes: Number(size) }),
    ...(image === undefined ? {} : { image }),
  }
}

/** All volumes of the engine that match. A name matches where it is part of the volume's. */
export async function listEngineVolumes(
  engine: Engine,
  filters: Readonly<Record<string, readonly string[]>>,
  options?: CallOptions,
): Promise<readonly Listed[]> {
  const given = Object.fromEntries(Object.entries(filters).map(([name, values]) => [name, [...values]]))
  return await engine.call('engine', options, async (abortSignal) => {
    return listSchema.parse(await engine.docker.listVolumes({ filters: given, abortSignal })).Volumes
  })
}

/** The volumes of this installation, or those of one organization in it. */
export async function listVolumes(
  engine: Engine,
  namespace: string,
  organization: string | undefined,
  options?: CallOptions,
): Promise<readonly Volume[]> {
  const wanted = {
    ...commonLabels(namespace, 'volume'),
    ...(organization === undefined ? {} : { [label.organization]: organization }),
  }
  const found = await listEngineVolumes(
    engine,
    { label: Object.entries(wanted).map(([name, value]) => `${name}=${value}`) },
    options,
  )
  // Podman takes any of the labels for enough.
  const own = found.filter(({ Labels }) => Object.entries(wanted).every(([name, value]) => Labels?.[name] === value))
  return own.map(readVolume).filter((volume) => volume !== undefined)
}

/**
 * The volume of that name on the engine. `foreign` is one that has none of our labels: an engine makes a volume that a container names and nobody has
 * made.
 */
export async function findVolume(
  engine: Engine,
  volume: string,
  options?: CallOptions,
): Promise<Volume | 'foreign' | undefined> {
  const found = (await listEngineVolumes(engine, { name: [volume] }, options)).find(({ Name }) => Name === volume)
  return found === undefined ? undefined : (readVolume(found) ?? 'foreign')
}
