import type { OrganizationId } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { type HeaderRules, openRules } from '../sandboxes/header-rules.ts'
import { type Network, sandboxRecordSchema } from '../sandboxes/record.ts'
import { egressOf } from './egress.ts'
import { egressHeadersFor, refersTo } from './egress-headers.ts'

export interface Reach {
  readonly network: Omit<Network, 'rules'> | undefined
  readonly rules: HeaderRules | undefined
  readonly internet: boolean
}

/** Gives a running sandbox another way out. */
export async function replaceEgress(
  services: Services,
  { sandbox, record }: Entry,
  reach: Reach,
  { lenient = false }: { readonly lenient?: boolean } = {},
): Promise<void> {
  const { host, tokens } = services
  const { organization, adapter } = record
  const headers = await egressHeadersFor(services, reach.rules, { organization, lenient })
  const { needed, wished } = egressOf(reach.network, reach.internet, headers)
  const { setEgress } = sandbox
  const features = host.adapters.find(({ name }) => name === adapter)?.features ?? []
  if (setEgress !== undefined)
    return await setEgress(features.includes('egress-networks') ? (wished ?? needed) : needed)
  const old = await egressHeadersFor(services, openRules(record.rules, tokens), { organization, lenient: true })
  const isSame = JSON.stringify({ needed, wished }) === JSON.stringify(egressOf(record.network, record.internet, old))
  // Where nothing can be opened everything is closed already.
  const isClosed = needed.rules.length === 0 && wished === undefined && !features.includes('egress-allow')
  if (!isSame && !isClosed)
    throw new E2bError(400, `what a sandbox of ${adapter} reaches cannot be changed while it runs`)
}

/** Gives the value that a secret has now, or has no more, to the sandboxes whose headers name it, as far as their adapters can change what runs. */
export async function renewSecret(services: Services, organization: OrganizationId, name: string): Promise<void> {
  const { host, registry, tokens } = services
  for (const value of await host.records.list('sandbox', organization)) {
    const { id, rules: sealed } = sandboxRecordSchema.parse(value)
    const rules = openRules(sealed, tokens)
    if (!refersTo(rules, name)) continue
    try {
      const entry = await registry.find(id)
      const reach = entry && { network: entry.record.network, internet: entry.record.internet, rules }
      if (entry?.sandbox.setEgress !== undefined && reach !== undefined)
        await replaceEgress(services, entry, reach, { lenient: true })
    } catch (error) {
      host.onError(error, `renewing a secret in the headers of the sandbox ${id}`)
    }
  }
}
