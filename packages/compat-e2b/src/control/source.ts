import { isSandboxError, mib, type Resources, type Sandbox } from '@caisson/core'
import { z } from 'zod'
import { buildRecordSchema } from '../builds/build-record.ts'
import { runStartCommands } from '../builds/start-commands.ts'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'
import { hasTemplate, unpackFiles, unseal } from '@caisson/compat-kit'
import type { Tokens } from '../sandboxes/tokens.ts'
import { findSnapshot, type SnapshotRecord } from './snapshot-record.ts'
import { adapterTemplate } from './template-names.ts'
import { findTemplate, type TemplateRecord } from './template-record.ts'

/** What a new sandbox is made of. */
export interface Source {
  /** As clients are told. */
  readonly id: string
  readonly alias?: string | undefined
  /** As the adapters name it. Absent: the adapter's default. */
  readonly template?: string | undefined
  /** The one adapter that has it. Absent: the policy chooses. */
  readonly adapter?: string | undefined
  readonly resources?: Partial<Resources> | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Brings a sandbox that was made of the template to the state that was asked for. */
  readonly prepare?: ((sandbox: Sandbox) => Promise<void>) | undefined
}

/** The template or snapshot of that name or id. */
export async function resolveSource(services: Services, name: string, caller: E2bCaller): Promise<Source> {
  const snapshot = await findSnapshot(services, name, caller)
  if (snapshot !== undefined) return sourceOfSnapshot(services, snapshot)
  const template = await findTemplate(services, name, caller)
  if (template !== undefined) return await sourceOfTemplate(services, template, name)
  const known = adapterTemplate(services.host, name)
  if (known !== undefined) return { id: name, template: known }
  throw new E2bError(404, `template '${name}' not found`)
}

async function sourceOfTemplate(services: Services, template: TemplateRecord, name: string): Promise<Source> {
  const tagged = template.tags[name.split(':')[1] ?? 'default'] ?? Object.values(template.tags).at(-1)
  const found = tagged === undefined ? undefined : await services.host.records.get('build', tagged.build)
  const build = found?.organization === template.organization ? buildRecordSchema.parse(found.value) : undefined
  if (build === undefined || !hasTemplate(services.host.adapters, build.adapterTemplate))
    throw new E2bError(404, `template '${name}' has no finished build`)
  const starts = build.startCommand !== undefined || build.readyCommand !== undefined
  return {
    id: template.id,
    alias: template.name,
    template: build.adapterTemplate,
    resources: { cpus: build.cpuCount, memoryBytes: build.memoryMb * mib },
    ...(starts ? { prepare: async (sandbox) => await runStartCommands(sandbox, build) } : {}),
  }
}

function sourceOfSnapshot({ host, tokens }: Services, snapshot: SnapshotRecord): Source {
  const { id, organization, names, adapter, template, cpuCount, memoryMb } = snapshot
  return {
    id,
    ...(names[0] === undefined ? {} : { alias: names[0] }),
    template,
    resources: { cpus: cpuCount, memoryBytes: memoryMb * mib },
    env: readEnv(snapshot.env, tokens),
    ...(snapshot.kind === 'adapter'
      ? { adapter }
      : {
          prepare: async (sandbox) => {
            const archive = await host.blobs.get(organization, id)
            if (archive === undefined) throw new E2bError(404, `snapshot '${id}' is gone`)
            await unpackFiles(sandbox, archive)
          },
        }),
  }
}

/** The environment variables of a record. */
export function readEnv(sealed: string, tokens: Tokens): Readonly<Record<string, string>> {
  return z.record(z.string(), z.string()).parse(JSON.parse(unseal(sealed, tokens.sealingKey())))
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
