import type { EgressRule, Reason } from '@caisson/core'
import type { EgressGrant } from './grants-schema.ts'

/** A grant and the rule or guard that it comes from. */
export interface SourcedGrant {
  readonly rule: string
  readonly grant: EgressGrant
}

export interface EgressCut {
  /** What is left of what was asked for. */
  readonly allowed: readonly EgressRule[]
  readonly reasons: readonly Reason[]
}

/** Leaves of `asked` what every grant allows, with a reason for everything taken away. */
export function cutEgress(asked: readonly EgressRule[], grants: readonly SourcedGrant[]): EgressCut {
  const allowed: EgressRule[] = []
  const reasons: Reason[] = []
  for (const destination of asked) {
    const evidence = `${destination.host}:${destination.port}`
    const refusing = grants.find(({ grant }) => !reaches(grant, destination.host))
    if (refusing !== undefined) {
      const text = 'The policy does not allow this destination.'
      reasons.push({ code: 'egress-cut', text, rule: refusing.rule, evidence })
      continue
    }
    const closing = grants.find(({ grant }) => !grant.privateAddresses)
    if (destination.allowPrivateAddress !== true || closing === undefined) {
      allowed.push(destination)
      continue
    }
    const text = 'The destination may be reached, but not at a loopback, link-local or private address.'
    reasons.push({ code: 'private-address-cut', text, rule: closing.rule, evidence })
    allowed.push({ host: destination.host, port: destination.port })
  }
  return { allowed, reasons }
}

function reaches({ hosts }: EgressGrant, host: string): boolean {
  if (hosts === 'any') return true
  const name = host.toLowerCase()
  return hosts.some((pattern) => {
    const wanted = pattern.toLowerCase()
    return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted
  })
}
