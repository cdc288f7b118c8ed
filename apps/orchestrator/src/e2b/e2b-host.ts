import type { E2bHost, Whereabouts } from '@caisson/compat-e2b'
import { mib, type SandboxAdapter } from '@caisson/core'
import type { ArtifactStore } from '@caisson/engine'
import type { Logger } from 'pino'
import type { KeyStore } from '../keys/key-store.ts'
import type { Held, SandboxDesk } from '../sandboxes/sandbox-desk.ts'
import type { Database } from '../store/database.ts'
import { createBlobStore } from './blob-store.ts'
import { createRecordStore } from './record-store.ts'

export interface E2bHostParts {
  readonly adapters: readonly SandboxAdapter[]
  readonly desk: SandboxDesk
  readonly keys: KeyStore
  readonly database: Database
  readonly artifacts: ArtifactStore
  readonly logger: Logger
}

const through = 'e2b'

/** What the gateway for E2B's clients needs of the service. */
export function createE2bHost({ adapters, desk, keys, database, artifacts, logger }: E2bHostParts): E2bHost {
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
    connect: async (whereabouts, options) => await desk.connect(heldOf(whereabouts), options),
    close: async (whereabouts) => await desk.close(heldOf(whereabouts)),
    records: createRecordStore(database),
    blobs: createBlobStore(database, artifacts),
    onError: (err, doing) => logger.error({ err, doing }, 'a request of an E2B client failed'),
  }
}

function heldOf({ organization, adapter, sandbox, cpuCount, memoryMb }: Whereabouts): Held {
  return { organization, adapter, sandbox, resources: { cpus: cpuCount, memoryBytes: memoryMb * mib } }
}
