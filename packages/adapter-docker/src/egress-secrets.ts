import { type Authority, authoritySchema, createAuthority } from '@caisson/adapter-kit'
import { type EgressHeaders, egressHeadersOf, egressHeadersSchema, type EgressPolicy } from '@caisson/core'
import { z } from 'zod'
import type { Context } from './context.ts'
import type { SandboxRecord } from './labels.ts'

const secretsSchema = z.strictObject({ headers: z.array(egressHeadersSchema), authority: authoritySchema })

/** What goes into requests on their way out, and in whose name the gateway answers for the hosts of them. */
export interface EgressSecrets {
  readonly headers: EgressHeaders[]
  readonly authority: Authority
}

/** A policy as it may lie in labels, which others read who may look at the engine: without the headers, which are sealed. */
export async function sealEgress(
  { secretBox }: Pick<Context, 'secretBox'>,
  egress: EgressPolicy,
): Promise<Pick<SandboxRecord, 'egress' | 'egressSecrets'>> {
  const headers = [...egressHeadersOf(egress)]
  if (egress.mode === 'none' || headers.length === 0 || secretBox === undefined) return { egress }
  const { headers: _, ...open } = egress
  const secrets: EgressSecrets = { headers, authority: await createAuthority() }
  return { egress: open, egressSecrets: secretBox.seal(JSON.stringify(secrets)) }
}

/** Undefined for a sandbox that has none. Throws when they were sealed by somebody else. */
export function openEgressSecrets(
  { secretBox }: Pick<Context, 'secretBox'>,
  { egressSecrets }: Pick<SandboxRecord, 'egressSecrets'>,
): EgressSecrets | undefined {
  if (egressSecrets === undefined) return undefined
  if (secretBox === undefined) throw new Error('what goes into the requests of the sandbox is sealed')
  return secretsSchema.parse(JSON.parse(secretBox.unseal(egressSecrets)))
}

/** With all that the gateway has to know. What cannot be read closes the way out: a request without its key says something else than it should. */
export function egressOf(
  context: Pick<Context, 'secretBox'>,
  record: Pick<SandboxRecord, 'egress' | 'egressSecrets'>,
): { readonly policy: EgressPolicy; readonly authority?: Authority } {
  const { egress } = record
  try {
    const secrets = openEgressSecrets(context, record)
    if (secrets === undefined || egress.mode === 'none') return { policy: egress }
    return { policy: { ...egress, headers: secrets.headers }, authority: secrets.authority }
  } catch {
    return { policy: { mode: 'allow', rules: [] } }
  }
}
