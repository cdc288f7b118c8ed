import { z } from 'zod'

/** One destination that a sandbox may reach. */
export const egressRuleSchema = z.strictObject({
  /**
   * A host name or an IP address, exactly as it will be asked for. With the feature `egress-networks` also a network (`192.0.2.0/24`), all names
   * below one (`*.example.com`), or everything (`*`).
   */
  host: z.string().min(1).max(253),
  /** `any` needs the feature `egress-networks`. */
  port: z.union([z.int().min(1).max(65535), z.literal('any')]),
  /**
   * Lets the name resolve to a loopback, link-local or private address. Without it such an answer is refused, so that
   * no name can lead into the host's own network.
   */
  allowPrivateAddress: z.boolean().optional(),
})
export type EgressRule = z.infer<typeof egressRuleSchema>

/** An IP address, or a network as its first address and the length of its prefix. */
const networkSchema = z
  .string()
  .regex(/^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:\/\d{1,3})?$/, 'use an IP address or a network')

/** What a sandbox may reach. `none` is the default everywhere. An empty `rules` reaches nothing either. */
export const egressPolicySchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('none') }),
  z.strictObject({
    mode: z.literal('allow'),
    rules: z.array(egressRuleSchema).max(100),
    /** Addresses to which the rule `*` does not lead. Rules that say more than `*` win. Needs the feature `egress-networks`. */
    deny: z.array(networkSchema).max(1000).optional(),
  }),
])
export type EgressPolicy = z.infer<typeof egressPolicySchema>

/** Whether a rule is one of those that need the feature `egress-networks`. */
export function isWideRule({ host, port }: EgressRule): boolean {
  return port === 'any' || host.includes('*') || host.includes('/')
}
