import type { ApiServices, Scope } from '@caisson/api'
import { maxReplayChanges, type PolicyInForce } from '@caisson/api/schemas'
import { type Decision, OperationError } from '@caisson/core'
import type { AuditStore, Engine } from '@caisson/engine'
import { parsePolicy, type Policy, type ReplayChange, underService } from '@caisson/router'
import { stringify } from 'yaml'
import type { Database } from '../store/database.ts'
import { pastOperations } from './past-operations.ts'
import type { PolicyDesk } from './policy-desk.ts'
import type { PolicyStore } from './policy-store.ts'

export interface PolicyServicesParts {
  readonly engine: Engine
  readonly database: Database
  readonly store: PolicyStore
  readonly desk: PolicyDesk
  readonly audit: Pick<AuditStore, 'append'>
  /** The policy of the service. */
  readonly service: () => Promise<Policy>
}

/** What the procedures on policies do. */
export function createPolicyServices(parts: PolicyServicesParts): Pick<ApiServices, 'policies' | 'policy'> {
  const { engine, database, store, desk, audit, service } = parts
  const account = async (
    { organization, agent }: Scope,
    action: 'policy.stored' | 'policy.chosen',
    details: Readonly<Record<string, string>>,
  ) => await audit.append({ organization, atMs: Date.now(), action, actor: agent, details })
  return {
    policy: async ({ organization }) => toText(await desk.inForce(organization)),
    policies: {
      list: async ({ organization }) => await store.list(organization),
      get: async (hash, { organization }) => toText(await desk.own(organization, hash)),
      put: async ({ text, choose }, scope) => {
        const { organization, agent } = scope
        const policy = parsePolicy(text, 'policy')
        const by = { name: agent, atMs: Date.now() }
        await store.put(organization, policy, by)
        await account(scope, 'policy.stored', { policy: policy.hash, name: policy.name })
        if (choose) {
          await store.choose(organization, policy.hash, by)
          await account(scope, 'policy.chosen', { policy: policy.hash })
        }
        const found = (await store.list(organization)).find(({ hash }) => hash === policy.hash)
        if (found === undefined) throw new OperationError('internal', 'the policy was not stored')
        return found
      },
      choose: async (hash, scope) => {
        const { organization, agent } = scope
        // Unknown, or not fit for this version: better found out now than by the next decision.
        const own = hash === null ? undefined : await desk.own(organization, hash)
        if (own?.service !== undefined) {
          throw new OperationError('conflict', 'this is an own policy together with that of the service', {
            field: 'hash',
            remedy: 'choose the own policy alone; that of the service holds anyway',
          })
        }
        await store.choose(organization, hash, { name: agent, atMs: Date.now() })
        await account(scope, 'policy.chosen', { policy: hash ?? 'service' })
        return toText(await desk.inForce(organization))
      },
      replay: async ({ text, hash, sinceMs }, scope) => {
        const { organization } = scope
        const own =
          text === undefined
            ? hash === undefined
              ? undefined
              : await desk.own(organization, hash)
            : parsePolicy(text, 'policy')
        const policy =
          own === undefined
            ? await desk.inForce(organization)
            : own.service === undefined
              ? underService(own, await service())
              : own
        const { operations, truncated } = await pastOperations(database, organization, sinceMs)
        const { total, changes, costBeforeUsd, costAfterUsd } = await engine.replay(operations, scope, { policy })
        const runOf = new Map(operations.map(({ run, decision }) => [decision.id, run]))
        return {
          policy: { name: policy.name, version: policy.version, hash: policy.hash },
          sinceMs,
          total,
          truncated,
          changed: changes.length,
          costBeforeUsd,
          costAfterUsd,
          changes: changes.slice(0, maxReplayChanges).flatMap((change) => {
            const run = runOf.get(change.before.id)
            return run === undefined ? [] : [{ run, ...describeChange(change) }]
          }),
        }
      },
    },
  }
}

function toText({ name, version, hash, document }: Policy): PolicyInForce {
  return { name, version, hash, text: stringify(document) }
}

function describeChange({ before, after, costDifferenceUsd }: ReplayChange) {
  return {
    kind: before.kind,
    decidedAtMs: before.decidedAtMs,
    before: placeOf(before),
    after: placeOf(before) === placeOf(after) ? `${placeOf(after)}, ${differenceOf(before, after)}` : placeOf(after),
    reason: after.reasons[0]?.text ?? '',
    costDifferenceUsd,
  }
}

/** Of two placements in the same place. */
function differenceOf({ placement: before }: Decision, { placement: after }: Decision): string {
  const reach = ({ egress = { mode: 'none' as const } }: Extract<Decision['placement'], { kind: 'sandbox' }>) =>
    JSON.stringify(egress)
  const isReach = before.kind === 'sandbox' && after.kind === 'sandbox' && reach(before) !== reach(after)
  return isReach ? 'reaching something else' : 'with other permissions'
}

function placeOf({ placement, approval }: Decision): string {
  const asked = approval === 'required' ? ', after approval' : ''
  return placement.kind === 'sandbox' ? `${placement.adapter} (${placement.isolation})${asked}` : placement.kind + asked
}
