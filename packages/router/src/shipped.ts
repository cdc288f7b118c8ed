import { createPolicy, type Policy } from './policy.ts'
import { airGapped } from './policies/air-gapped.ts'
import { defaults } from './policies/default.ts'
import { strict } from './policies/strict.ts'
import type { ShippedName } from './policy-schema.ts'

/** What holds unless somebody says otherwise: where each kind of operation belongs by its nature. */
export const defaultPolicy: Policy = createPolicy(defaults)

/** Never below gVisor for untrusted work, and a virtual machine for documents: denied where there is none. */
export const strictPolicy: Policy = createPolicy(strict)

/** Nothing leaves the machine. */
export const airGappedPolicy: Policy = createPolicy(airGapped)

/** The policies that come with Caisson, by the name under which others stand on them. */
export const shippedPolicies: Readonly<Record<ShippedName, Policy>> = {
  default: defaultPolicy,
  strict: strictPolicy,
  'air-gapped': airGappedPolicy,
}
