import type { Resources } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'
import { adapterTemplate } from './template-names.ts'

/** What a new sandbox is made of. */
export interface Source {
  /** As clients are told. */
  readonly id: string
  readonly alias?: string | undefined
  /** As the adapters name it. Absent: the adapter's default. */
  readonly template?: string | undefined
  readonly resources?: Partial<Resources> | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** The template or snapshot of that name or id. */
export async function resolveSource({ host }: Services, name: string, _caller: E2bCaller): Promise<Source> {
  const template = adapterTemplate(host, name)
  if (template !== undefined) return { id: name, template }
  throw new E2bError(404, `template '${name}' not found`)
}
