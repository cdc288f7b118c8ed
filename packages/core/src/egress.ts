import { z } from 'zod'

/** One destination that a sandbox may reach. */
export const egressRuleSchema = z.strictObject({
  /** A host name or an IP address, exactly as it will be asked for. No wildcards. */
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65535),
  /**
   * Lets the name resolve to a loopback, link-local or private address. Without it such an answer is refused, so that
   * no name can lead into the host's own network.
   */
  allowPrivateAddress: z.boolean().optional(),
})
export type EgressRule = z.infer<typeof egressRuleSchema>

/** What a sandbox may reach. `none` is the default everywhere. An empty `rules` reaches nothing either. */
export const egressPolicySchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('none') }),
  z.strictObject({ mode: z.literal('allow'), rules: z.array(egressRuleSchema).max(100) }),
])
export type EgressPolicy = z.infer<typeof egressPolicySchema>
