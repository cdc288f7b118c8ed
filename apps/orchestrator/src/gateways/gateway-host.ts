import type { GatewayHost, Whereabouts } from '@caisson/compat-kit'
import type { SandboxAdapter } from '@caisson/core'
import type { ArtifactStore } from '@caisson/engine'
import type { Logger } from 'pino'
import type { KeyStore } from '../keys/key-store.ts'
import type { Held, SandboxDesk } from '../sandboxes/sandbox-desk.ts'
import type { Database } from '../store/database.ts'
import { createBlobStore } from './blob-store.ts'
import { createRecordStore } from './record-store.ts'

export interface GatewayHostParts {
  readonly adapters: readonly SandboxAdapter[]
  readonly desk: SandboxDesk
  readonly keys: KeyStore
  readonly database: Database
  readonly artifacts: ArtifactStore
  readonly logger: Logger
}

/** What tells one gateway from another. */
export interface GatewayName<Kind extends string> {
  /** For whom it asks, so that policies can tell: `e2b`, `daytona`. */
  readonly through: string
  readonly kindOf: (kind: Kind) => string
}

/** What a gateway needs of the service. */
export function createGatewayHost<Kind extends string>(
  { adapters, desk, keys, database, artifacts, logger }: GatewayHostParts,
  { through, kindOf }: GatewayName<Kind>,
): GatewayHost<Kind> {
  return {
    authenticate: async (key) => {
      const caller = await keys.verify(key)
      return caller === undefined ? undefined : { organization: caller.organization, name: caller.keyName }
    },
    get adapters() {
      return adapters.map(({ name, capabilities, volumes }) => ({ ...capabilities, name, volumes }))
    },
    open: async (spec, caller, options) => await desk.open(spec, { ...caller, through }, options),
    adopt: async (sandbox, caller) => await desk.adopt(sandbox, { ...caller, through }),
    connect: async (whereabouts, options) => await desk.connect({ ...heldOf(whereabouts), through }, options),
    close: async (whereabouts) => await desk.close({ ...heldOf(whereabouts), through }),
    records: createRecordStore(database, kindOf),
    blobs: createBlobStore(database, artifacts),
    onError: (err, doing) => logger.error({ err, doing, through }, 'a request to a gateway failed'),
  }
}

function heldOf({ organization, adapter, sandbox }: Whereabouts): Omit<Held, 'through'> {
  return { organization, adapter, sandbox }
}
