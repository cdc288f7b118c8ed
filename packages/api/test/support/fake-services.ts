import { OperationError, organizationIdSchema, type Run, type RunEvent, runIdSchema } from '@caisson/core'
import type { ApiContext, ApiServices } from '../../src/index.ts'
import type { Role } from '../../src/schemas/index.ts'

export const organization = organizationIdSchema.parse('acme')

export function someRun(changes: Partial<Run> = {}): Run {
  return {
    id: runIdSchema.parse('run1'),
    organization,
    kind: 'command.run',
    status: 'running',
    attempts: [],
    artifacts: [],
    usage: { leasedMs: 0, costUsd: 0 },
    createdAtMs: 1,
    ...changes,
  }
}

export const someEvents: readonly RunEvent[] = Array.from({ length: 5 }, (_, index) => ({
  type: 'progress',
  sequence: index + 1,
  atMs: 1,
  done: index,
  total: 5,
}))

/** Services of which nothing exists. */
export const emptyServices: ApiServices = {
  decide: async () => {
    throw new OperationError('denied', 'nothing is placed here')
  },
  runs: {
    submit: async (operation) => someRun({ kind: operation.kind }),
    callbackSecret: async () => 'whsec_',
    get: async (id) => {
      throw new OperationError('run-not-found', `no run ${id}`)
    },
    list: async () => ({ runs: [] }),
    cancel: async (id) => {
      throw new OperationError('run-not-found', `no run ${id}`)
    },
    wait: async (id) => {
      throw new OperationError('run-not-found', `no run ${id}`)
    },
    log: async (_id, _scope, { after }) => someEvents.slice(after),
    events: async function* (_id, _scope, { after }) {
      yield* someEvents.slice(after)
    },
  },
  batches: {
    list: async () => [],
    get: async (id) => {
      throw new OperationError('run-not-found', `no batch of a run ${id}`)
    },
    items: async (id) => {
      throw new OperationError('run-not-found', `no batch of a run ${id}`)
    },
    retry: async (id) => {
      throw new OperationError('run-not-found', `no batch of a run ${id}`)
    },
  },
  approvals: {
    list: async () => [],
    show: async (id) => {
      throw new OperationError('approval-not-found', `no approval ${id}`)
    },
    grant: async (id) => {
      throw new OperationError('approval-not-found', `no approval ${id}`)
    },
    deny: async (id) => {
      throw new OperationError('approval-not-found', `no approval ${id}`)
    },
  },
  artifacts: {
    read: async (id) => {
      throw new OperationError('artifact-not-found', `no artifact ${id}`)
    },
    put: async () => {
      throw new OperationError('quota-exceeded', 'no room')
    },
  },
  sandboxes: {
    list: async function* () {},
    destroy: async () => 'absent',
  },
  adapters: async () => [],
  policy: async () => ({ name: 'default', version: '1', hash: 'h', text: 'rules: []' }),
  policies: {
    list: async () => [],
    get: async (hash) => {
      throw new OperationError('policy-not-found', `no policy ${hash}`)
    },
    put: async () => ({ hash: 'a'.repeat(64), name: 'p', version: '1', storedAtMs: 1, chosen: false }),
    choose: async (hash) => {
      throw new OperationError('policy-not-found', `no policy ${hash}`)
    },
    replay: async ({ sinceMs }) => ({
      policy: { name: 'p', version: '1', hash: 'h' },
      sinceMs,
      total: 0,
      truncated: false,
      changed: 0,
      costBeforeUsd: 0,
      costAfterUsd: 0,
      changes: [],
    }),
  },
  hooks: {
    create: async ({ url, events }) => ({ id: 'h1', url, events: [...events], createdAtMs: 1, secret: 's' }),
    list: async () => [],
    remove: async () => 'absent',
  },
  keys: {
    create: async ({ name, role }) => ({ id: 'k1', name, role, prefix: 'e2b_0', createdAtMs: 1, key: 'e2b_0' }),
    rotate: async () => undefined,
    list: async () => [],
    revoke: async () => 'absent',
  },
  limits: {
    quotas: async () => [],
    setQuota: async () => undefined,
    budgets: async () => [],
    setBudget: async () => undefined,
  },
  cost: async () => [],
  audit: { list: async () => [], head: async () => ({ organization: 'acme', sequence: 0, hash: '' }) },
  status: async () => ({ version: '0', replica: 'r', startedAtMs: 1, database: 'embedded', hostFunctions: [] }),
}

export function contextOf(role: Role | undefined, services: Partial<ApiServices> = {}): ApiContext {
  return {
    ...emptyServices,
    ...services,
    requestId: 'req1',
    caller: role === undefined ? undefined : { organization, role, keyName: 'test', keyPrefix: 'e2b_0' },
  }
}
