import { type Decision, type EgressPolicy, OperationError, type SandboxSpec } from '@caisson/core'

export const closed: EgressPolicy = { mode: 'none' }

/** What the policy has left of what was asked for. What the caller denies itself stays denied, and headers open nothing. */
export function grantedEgress({ placement }: Decision, asked: EgressPolicy | undefined): EgressPolicy {
  if (asked?.mode !== 'allow') return closed
  const granted = placement.kind === 'sandbox' ? placement.egress : undefined
  const rules = granted?.mode === 'allow' ? granted.rules : []
  const { deny, headers } = asked
  return {
    mode: 'allow',
    rules,
    ...(deny === undefined ? {} : { deny }),
    ...(headers === undefined ? {} : { headers }),
  }
}

/** The adapter that is tried first. */
export function placeOf({ placement, candidates }: Decision, only: string | undefined): string | undefined {
  if (placement.kind !== 'sandbox') return undefined
  if (only === undefined) return placement.adapter
  return candidates.find(({ adapter, verdict }) => adapter === only && verdict !== 'rejected')?.adapter
}

/** A sandbox lives no longer than the policy lets one be used. */
export function grantedTime({ ttlMs }: SandboxSpec, { placement }: Decision): Pick<SandboxSpec, 'ttlMs'> {
  const cutMs = placement.kind === 'sandbox' ? placement.permissions?.timeoutMs : undefined
  return cutMs === undefined ? {} : { ttlMs: Math.min(ttlMs ?? cutMs, cutMs) }
}

/** Throws `denied` unless the policy places it in a sandbox without asking anybody. */
export function assertPlaced({ placement, approval, reasons }: Decision): void {
  if (placement.kind === 'sandbox' && approval === 'none') return
  if (placement.kind === 'denied') {
    throw new OperationError('denied', reasons[0]?.text ?? 'the policy denies it', {
      remedy: placement.missing.length === 0 ? undefined : `what is missing: ${placement.missing.join('; ')}`,
    })
  }
  throw new OperationError(
    'denied',
    placement.kind === 'host'
      ? 'the policy places commands on the host, and a sandbox cannot be there'
      : 'the policy asks a person first, and nobody waits here for the answer',
  )
}
