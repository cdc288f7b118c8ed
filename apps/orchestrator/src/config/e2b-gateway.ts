import type { z } from 'zod'
import { domain, flag, path, portNumber } from './kinds.ts'
import { pairOf } from './pair-of.ts'

export const e2bGatewayVariables = {
  CAISSON_E2B_PORT: portNumber.optional().describe("Port for E2B's clients alone, beside the path /e2b"),
  CAISSON_E2B_DOMAIN: domain('443')
    .optional()
    .describe('Sandboxes are <port>-<id> below this name, which needs a wildcard in the DNS'),
  CAISSON_E2B_TLS_CERT: path
    .optional()
    .describe('With the key: CAISSON_E2B_PORT speaks TLS with this certificate (PEM)'),
  CAISSON_E2B_TLS_KEY: path.optional().describe('See CAISSON_E2B_TLS_CERT'),
  CAISSON_E2B_BUILDS: flag
    .default(false)
    .describe(
      "Whether E2B's clients may build templates: who has a key then runs what they like as root of this machine",
    ),
}

/** The endpoint for clients of E2B. */
export interface E2bGatewayConfig {
  /** Absent: only below `/e2b` of the service itself. */
  readonly port: number | undefined
  readonly domain: string | undefined
  readonly tls: { readonly certificate: string; readonly key: string } | undefined
  /** Whether clients may build templates, which runs outside of sandboxes. */
  readonly builds: boolean
}

/** Throws `OperationError` when half of what TLS needs is missing. */
export function readE2bGateway(variables: z.output<z.ZodObject<typeof e2bGatewayVariables>>): E2bGatewayConfig {
  const tls = pairOf(
    ['CAISSON_E2B_TLS_CERT', variables.CAISSON_E2B_TLS_CERT],
    ['CAISSON_E2B_TLS_KEY', variables.CAISSON_E2B_TLS_KEY],
  )
  return {
    port: variables.CAISSON_E2B_PORT,
    domain: variables.CAISSON_E2B_DOMAIN,
    tls: tls === undefined ? undefined : { certificate: tls[0], key: tls[1] },
    builds: variables.CAISSON_E2B_BUILDS,
  }
}
