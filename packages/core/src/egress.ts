import { z } from 'zod'
import { hopByHopHeaders } from './hop-by-hop-headers.ts'

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

/** Headers that say how a message is carried, and not who asks: whoever sets them decides what the server takes for the next request. */
const headersOfTheWay: ReadonlySet<string> = new Set([
  ...hopByHopHeaders,
  'content-length',
  'expect',
  'host',
  'http2-settings',
])

const headerNameSchema = z
  .string()
  .max(256)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'not the name of a header')
  .refine((name) => !headersOfTheWay.has(name.toLowerCase()), 'this header belongs to the connection')

const headerValueSchema = z
  .string()
  .max(16 * 1024)
  .regex(
    /^[\t\x20-\x7e\x80-\xff]*$/,
    'a header has no line breaks, no control characters and no others than those of Latin-1',
  )

const labelOfName = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'

/**
 * Headers that are put into a sandbox's requests to one host on their way out, with TLS or without. They open nothing by themselves: `rules` does. The values
 * never enter the sandbox; whoever answers there sees them, and can tell the sandbox.
 */
export const egressHeadersSchema = z.strictObject({
  /**
   * A name, or all names below one (`*.example.com`, which is not `example.com`). Of several that fit, the name itself counts, else the longest, and no
   * other. Such a host is spoken to in HTTP only.
   */
  host: z
    .string()
    .max(253)
    .regex(new RegExp(`^(?:\\*\\.)?(?:${labelOfName}\\.)*${labelOfName}$`), 'use a host name, or *. and a host name')
    .refine((host) => !/^[\d.]+$/.test(host), 'use a host name: an address has no headers of its own')
    .transform((host) => host.toLowerCase()),
  /** In place of what the program sends under the same names. */
  set: z
    .record(headerNameSchema, headerValueSchema)
    .refine((set) => Object.keys(set).length <= 64, 'at most 64 headers')
    .refine(
      (set) => new Set(Object.keys(set).map((name) => name.toLowerCase())).size === Object.keys(set).length,
      'a header is named twice',
    ),
})
export type EgressHeaders = z.infer<typeof egressHeadersSchema>

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
    /** Needs the feature `egress-headers`. Each host once. */
    headers: z
      .array(egressHeadersSchema)
      .max(100)
      .refine((all) => new Set(all.map(({ host }) => host)).size === all.length, 'a host is named twice')
      .optional(),
  }),
])
export type EgressPolicy = z.infer<typeof egressPolicySchema>

/** Whether a rule is one of those that need the feature `egress-networks`. */
export function isWideRule({ host, port }: EgressRule): boolean {
  return port === 'any' || host.includes('*') || host.includes('/')
}

/** What a policy puts into requests on their way out. */
export function egressHeadersOf(policy: EgressPolicy): readonly EgressHeaders[] {
  return policy.mode === 'allow' ? (policy.headers ?? []) : []
}
