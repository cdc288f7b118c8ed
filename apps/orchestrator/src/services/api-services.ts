import type { ApiServices, Scope } from '@caisson/api'
import type { ServiceStatus } from '@caisson/api/schemas'
import { artifactIdSchema, OperationError, type SandboxAdapter } from '@caisson/core'
import type { Engine } from '@caisson/engine'
import { explain } from '@caisson/router'
import type { PostgresStores } from '../store/stores.ts'
import { plainItem, progressOf } from './batch-progress.ts'
import { adapterStates } from './adapter-states.ts'

export interface ApiServicesParts {
  readonly engine: Engine
  readonly stores: PostgresStores
  readonly organizations: Pick<ApiServices, 'keys' | 'limits' | 'cost' | 'audit'>
  readonly submission: Pick<ApiServices['runs'], 'submit' | 'callbackSecret'>
  readonly adapters: readonly SandboxAdapter[]
  readonly hooks: Pick<ApiServices, 'hooks'>
  readonly policies: Pick<ApiServices, 'policies' | 'policy'>
  readonly status: ServiceStatus
}

/** More of an operation than this nobody reads. */
const maxShown = 32 * 1024

/** What the API's procedures do, by the engine and the stores. */
export function createApiServices({
  engine,
  stores,
  organizations,
  submission,
  adapters,
  hooks,
  policies,
  status,
}: ApiServicesParts): ApiServices {
  return {
    decide: async (operation, scope) => {
      const derivation = await engine.derive(operation, scope)
      return { decision: derivation.decision, explanation: explain(derivation) }
    },
    runs: {
      ...submission,
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
    batches: {
      list: async (scope, limit) => (await engine.batches.list(scope, { limit })).map(progressOf),
      get: async (id, scope) => progressOf(await engine.batches.get(id, scope)),
      items: async (id, scope, query) => (await engine.batches.items(id, scope, query)).map(plainItem),
      retry: async (id, scope) => await engine.batches.retry(id, scope),
    },
    approvals: {
      list: async (scope, state) => await engine.approvals.list(scope, { state }),
      show: async (id, scope) => {
        const { approval, decision, operation } = await engine.approvals.show(id, scope)
        const text = JSON.stringify(operation, undefined, 2)
        return {
          approval,
          ...(decision === undefined ? {} : { decision }),
          operation: text.length > maxShown ? `${text.slice(0, maxShown)} … ${text.length - maxShown} more` : text,
        }
      },
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
    ...policies,
    ...hooks,
    ...organizations,
    status: async () => status,
  }
}
