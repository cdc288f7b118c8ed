import { z } from 'zod'
import { domain, flag, portNumber, webAddress } from './kinds.ts'

export const daytonaGatewayVariables = {
  CAISSON_DAYTONA_PORT: portNumber.optional().describe("Port for Daytona's clients alone, beside the path /daytona"),
  CAISSON_DAYTONA_DOMAIN: domain('80 or 443')
    .optional()
    .describe('Previews are <port>-<id> below this name, which needs a wildcard in the DNS; else a path'),
  CAISSON_DAYTONA_URL: webAddress
    .optional()
    .describe("The address that Daytona's clients use, when a proxy in front of the service changes it"),
  CAISSON_DAYTONA_SSH_PORT: portNumber
    .optional()
    .describe('Port for SSH into sandboxes that were made by clients of Daytona; without it there is none'),
  CAISSON_DAYTONA_SSH_NAME: z
    .string()
    .optional()
    .describe('Host name by which such clients are told to connect; default the address to listen on'),
  CAISSON_DAYTONA_BUILDS: flag
    .default(false)
    .describe(
      "Whether Daytona's clients may build images: who has a key then runs what they like as root of this machine",
    ),
}

/** The endpoint for clients of Daytona. */
export interface DaytonaGatewayConfig {
  /** Absent: only below `/daytona` of the service itself. */
  readonly port: number | undefined
  readonly domain: string | undefined
  readonly publicUrl: string | undefined
  /** Absent: no SSH. */
  readonly ssh: { readonly port: number; readonly name: string } | undefined
  /** Whether clients may build images, which runs outside of sandboxes. */
  readonly builds: boolean
}

export function readDaytonaGateway(
  variables: z.output<z.ZodObject<typeof daytonaGatewayVariables>>,
  host: string,
): DaytonaGatewayConfig {
  const { CAISSON_DAYTONA_SSH_PORT: port } = variables
  return {
    port: variables.CAISSON_DAYTONA_PORT,
    domain: variables.CAISSON_DAYTONA_DOMAIN,
    publicUrl: variables.CAISSON_DAYTONA_URL,
    builds: variables.CAISSON_DAYTONA_BUILDS,
    ssh: port === undefined ? undefined : { port, name: variables.CAISSON_DAYTONA_SSH_NAME ?? host },
  }
}
