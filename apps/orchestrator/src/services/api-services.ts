import type { ApiServices, Scope } from '@caisson/api'
import type { ServiceStatus } from '@caisson/api/schemas'
import { artifactIdSchema, OperationError, type SandboxAdapter } from '@caisson/core'
import type { Engine } from '@caisson/engine'
import { explain, type Policy } from '@caisson/router'
import { stringify } from 'yaml'
import type { KeyStore } from '../keys/key-store.ts'
import type { PostgresStores } from '../store/stores.ts'
import { adapterStates } from './adapter-states.ts'

export interface ApiServicesParts {
  readonly engine: Engine
  readonly stores: PostgresStores
  readonly keys: KeyStore
  readonly adapters: readonly SandboxAdapter[]
  readonly policy: () => Promise<Policy>
  readonly status: ServiceStatus
}

/** What the API's procedures do, by the engine and the stores. */
export function createApiServices({ engine, stores, keys, adapters, policy, status }: ApiServicesParts): ApiServices {
  return {
    decide: async (operation, scope) => {
      const derivation = await engine.derive(operation, scope)
      return { decision: derivation.decision, explanation: explain(derivation) }
    },
    runs: {
      submit: async (operation, scope, runId) => await engine.submit(operation, scope, { runId }),
      get: async (id, scope) => await engine.get(id, scope),
      list: async (query, scope) => await engine.list(scope, query),
      cancel: async (id, scope) => await engine.cancel(id, scope),
      wait: async (id, scope, signal) => await engine.wait(id, scope, { signal }),
      log: async (id, scope, range) => {
        const run = await engine.get(id, scope)
        return await stores.events.read(run.organization, run.id, range)
      },
      events: (id, scope, options) => engine.events(id, scope, options),
    },
    approvals: {
      list: async (scope, state) => await engine.approvals.list(scope, { state }),
      grant: async (id, scope, verdict) => await engine.approvals.grant(id, scope, verdict),
      deny: async (id, scope, verdict) => await engine.approvals.deny(id, scope, verdict),
    },
    artifacts: {
      read: async (id, scope: Scope, range) => {
        const found = await stores.artifacts.readRange(scope.organization, artifactIdSchema.parse(id), range)
        if (found === undefined) throw new OperationError('artifact-not-found', `there is no artifact ${id}`)
        return found
      },
      put: async (file, scope) => await engine.artifacts.put(file, scope),
    },
    sandboxes: {
      list: (scope) => engine.sandboxes.list(scope),
      destroy: async (sandbox, scope) => await engine.sandboxes.destroy(sandbox, scope),
    },
    adapters: async () => await adapterStates(adapters),
    policy: async () => {
      const { name, version, hash, document } = await policy()
      return { name, version, hash, text: stringify(document) }
    },
    keys: {
      create: async (key, scope) => await keys.create(key, scope.organization),
      list: async (scope) => await keys.list(scope.organization),
      revoke: async (id, scope) => await keys.revoke(id, scope.organization),
    },
    status: async () => status,
  }
}
