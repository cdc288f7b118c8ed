import { isSandboxError, type Sandbox } from '@caisson/core'
import { type GatewayCaller, unpackFiles } from '@caisson/compat-kit'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { readEnv } from '../sandboxes/env.ts'
import { adapterTemplate, defaultTemplate } from './template-names.ts'
import { findSnapshot, type SnapshotRecord } from './snapshot-record.ts'

/** What a new sandbox is made of. */
export interface Source {
  /** As clients are told. */
  readonly name: string
  /** As the adapters name it. Absent: the adapter's default. */
  readonly template?: string | undefined
  /** The one adapter that has it. Absent: the policy chooses. */
  readonly only?: string | undefined
  readonly size?: { readonly cpu: number; readonly memoryGib: number; readonly diskGib: number } | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Brings a sandbox that was made of the template to the state that was asked for. */
  readonly prepare?: ((sandbox: Sandbox) => Promise<void>) | undefined
}

/** The snapshot of that name or id: one of the caller's own, or a template of an adapter. */
export async function resolveSource(services: Services, name: string, caller: GatewayCaller): Promise<Source> {
  const own = await findSnapshot(services, name, caller)
  if (own !== undefined) return sourceOfSnapshot(services, own)
  const template = adapterTemplate(services.host, name)
  if (template !== undefined) return { name, template }
  throw new DaytonaError(404, `snapshot ${name} not found`)
}

export function defaultSource({ host }: Services): Source {
  const template = defaultTemplate(host)
  return template === undefined ? { name: 'default' } : { name: template, template }
}

/**
 * The image that a Dockerfile names and changes in nothing: Daytona's clients send one for a plain image name. Anything else would have to be built,
 * which is not done here.
 */
export async function sourceOfDockerfile(
  services: Services,
  dockerfile: string,
  caller: GatewayCaller,
): Promise<Source> {
  const lines = dockerfile.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
  const [, image] = lines.length === 1 ? (/^FROM\s+(\S+)$/i.exec(lines[0]?.trim() ?? '') ?? []) : []
  if (image === undefined)
    throw new DaytonaError(
      422,
      'images are not built here: build a template with `caisson template build`, and use its name as the snapshot',
    )
  return await resolveSource(services, image, caller)
}

function sourceOfSnapshot({ host, tokens }: Services, snapshot: SnapshotRecord): Source {
  const { id, organization, name, template, cpu, memoryGib, diskGib } = snapshot
  return {
    name,
    template,
    size: { cpu, memoryGib, diskGib },
    env: readEnv(snapshot.env, tokens).created,
    ...(snapshot.kind === 'adapter'
      ? { only: snapshot.adapter }
      : {
          prepare: async (sandbox) => {
            const archive = await host.blobs.get(organization, id)
            if (archive === undefined) throw new DaytonaError(404, `snapshot ${name} is gone`)
            await unpackFiles(sandbox, archive)
          },
        }),
  }
}

/** Destroys what could not be brought to the state that was asked for. */
export async function prepared(sandbox: Sandbox, prepare: Source['prepare']): Promise<void> {
  try {
    await prepare?.(sandbox)
  } catch (error) {
    await sandbox.destroy().catch((left: unknown) => {
      if (!isSandboxError(left)) throw left
    })
    throw error
  }
}
