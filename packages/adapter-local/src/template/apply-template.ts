import {
  type AdapterCapabilities,
  type LimitKind,
  type ResolvedSandboxSpec,
  type Resources,
  SandboxError,
} from '@caisson/core'
import { adapterName } from '../adapter-name.ts'
import type { Machine } from '../machine/machine.ts'
import type { Tier } from '../tier.ts'
import type { Template } from './template.ts'

const kinds: Readonly<Record<keyof Resources, LimitKind>> = {
  cpus: 'cpus',
  memoryBytes: 'memory',
  diskBytes: 'disk',
  pids: 'pids',
}

/** The spec with the template's limits where it sets none. A template only proposes: what cannot be held is left out. */
export function withTemplate(
  spec: ResolvedSandboxSpec,
  { resources }: Template,
  { limits }: AdapterCapabilities,
): ResolvedSandboxSpec {
  const names = Object.keys(kinds) as (keyof Resources)[]
  const proposed = names.flatMap((name) => {
    const value = spec.resources?.[name] ?? resources[name]
    return value === undefined || !limits.includes(kinds[name]) ? [] : [[name, value] as const]
  })
  return { ...spec, resources: Object.fromEntries(proposed) }
}

/** Refuses a template whose programs shall gain rights where root inside could be somebody outside, or where nothing bounds it. */
export function assertPrivileges({ name, privileges }: Template, tier: Tier, { privilege }: Machine): void {
  if (privileges === 'none') return
  const refuse = (message: string, remedy: string): SandboxError =>
    new SandboxError('unsupported', adapterName, `the template ${name} asks for sudo: ${message}`, {
      field: 'template',
      remedy: `${remedy}, or let the template ask for none (privileges: 'none')`,
    })
  if (tier !== 'container') throw refuse(`the ${tier} tier does not offer it`, 'use the container tier')
  if (privilege.kind !== 'root') throw refuse('that needs control groups and mapped ids', 'run Caisson as root')
  if (privilege.perl === undefined) throw refuse('that needs Perl, to map ids', 'apt-get install -y perl-base')
}
