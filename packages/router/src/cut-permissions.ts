import type { EgressRule, Operation, Permissions, Reason } from '@caisson/core'
import type { PermissionsGrant } from './grants-schema.ts'

/** A grant and the rule or guard that it comes from. */
export interface SourcedPermissions {
  readonly rule: string
  readonly grant: PermissionsGrant
}

export interface PermissionsCut {
  readonly permissions: Permissions
  /** Where the registries are that were allowed. */
  readonly registries: readonly EgressRule[]
  readonly reasons: readonly Reason[]
}

/** Leaves of what the operation asks for what every grant allows, with a reason for everything taken away. */
export function cutPermissions(
  operation: Operation,
  grants: readonly SourcedPermissions[],
  registries: Readonly<Record<string, readonly string[]>>,
): PermissionsCut {
  const reasons: Reason[] = []
  const timeoutMs = cutDuration(operation.timeoutMs, grants, reasons)
  const ports = operation.ports === undefined ? undefined : cutPorts(operation.ports, grants, reasons)
  const packages = operation.packages?.filter((name) => {
    const refusing = grants.find(({ grant }) => !allows(grant.packages, name))
    if (refusing !== undefined) {
      reasons.push(cut('packages-cut', 'The policy does not allow this package registry.', refusing, name))
      return false
    }
    if (Object.hasOwn(registries, name)) return true
    reasons.push({ code: 'registry-unknown', text: 'The policy knows no such package registry.', evidence: name })
    return false
  })
  const artifacts = leastOf(grants)
  return {
    permissions: {
      ...(timeoutMs === operation.timeoutMs ? {} : { timeoutMs }),
      ...(ports === undefined ? {} : { ports }),
      ...(packages === undefined ? {} : { packages }),
      ...(artifacts === undefined ? {} : { artifacts }),
    },
    registries: (packages ?? []).flatMap((name) => (registries[name] ?? []).map(toRule)),
    reasons,
  }
}

/** Asked for any port, what is left is what all grants have in common. */
function cutPorts(
  asked: 'any' | readonly number[],
  grants: readonly SourcedPermissions[],
  reasons: Reason[],
): 'any' | number[] {
  const narrowing = grants.find(({ grant }) => grant.ports !== undefined && grant.ports !== 'any')
  if (asked === 'any' && narrowing === undefined) return 'any'
  if (asked === 'any' && narrowing !== undefined) {
    reasons.push(cut('port-cut', 'The policy does not allow every port.', narrowing, 'any'))
  }
  const { ports: listed } = narrowing?.grant ?? {}
  const candidates = asked === 'any' ? (listed === undefined || listed === 'any' ? [] : listed) : asked
  return candidates.filter((port) => {
    const refusing = grants.find(({ grant }) => !allows(grant.ports, port))
    if (refusing !== undefined) reasons.push(cut('port-cut', 'The policy does not allow this port.', refusing, port))
    return refusing === undefined
  })
}

function cutDuration(askedMs: number, grants: readonly SourcedPermissions[], reasons: Reason[]): number {
  let leftMs = askedMs
  for (const source of grants) {
    const { maxDurationMs } = source.grant
    if (maxDurationMs === undefined || maxDurationMs >= leftMs) continue
    leftMs = maxDurationMs
    reasons.push(
      cut('duration-cut', `The policy allows ${maxDurationMs} ms; ${askedMs} were asked for.`, source, askedMs),
    )
  }
  return leftMs
}

function allows<Item>(granted: 'any' | readonly Item[] | undefined, item: Item): boolean {
  return granted === undefined || granted === 'any' || granted.includes(item)
}

function cut(code: string, text: string, { rule }: SourcedPermissions, evidence: string | number): Reason {
  return { code, text, rule, evidence: String(evidence) }
}

function leastOf(grants: readonly SourcedPermissions[]): Permissions['artifacts'] {
  const least = (key: 'count' | 'bytes') => {
    const limits = grants.flatMap(({ grant }) => grant.artifacts?.[key] ?? [])
    return limits.length === 0 ? {} : { [key]: Math.min(...limits) }
  }
  const artifacts = { ...least('count'), ...least('bytes') }
  return Object.keys(artifacts).length === 0 ? undefined : artifacts
}

function toRule(destination: string): EgressRule {
  const at = destination.lastIndexOf(':')
  return { host: destination.slice(0, at), port: Number(destination.slice(at + 1)) }
}
