import {
  type Decision,
  decisionIdSchema,
  freshId,
  type Operation,
  operationKinds,
  type OrganizationId,
} from '@caisson/core'
import { type DecisionInput, operationHash, type Policy, replay, type Replay } from '@caisson/router'
import type { Services } from '../services.ts'
import { inspect } from './inspect.ts'

/** All that the decision on an operation depends on, as it is now. Creates and stores nothing. */
export async function decisionInput(
  services: Services,
  organization: OrganizationId,
  operation: Operation,
): Promise<DecisionInput> {
  const [findings, policy, world, remainingBudgetUsd] = await Promise.all([
    inspect(services, organization, operation),
    services.policyOf(organization),
    worldOf(services),
    services.remainingBudgetUsd(organization),
  ])
  return {
    ...world,
    decisionId: decisionIdSchema.parse(freshId()),
    operation,
    operationHash: operationHash(operation),
    organization,
    policy,
    findings,
    remainingBudgetUsd,
  }
}

/** An operation of the past, with what was decided then. */
export interface DecidedOperation {
  readonly operation: Operation
  readonly decision: Decision
}

/** What a policy would say today of what was decided before: with the adapters of today, and the findings and no budget of then. */
export async function replayOperations(
  services: Services,
  organization: OrganizationId,
  { policy, past }: { readonly policy: Policy; readonly past: readonly DecidedOperation[] },
): Promise<Replay> {
  const world = await worldOf(services)
  return replay(
    policy,
    past.map(({ operation, decision }) => ({
      decision,
      input: {
        adapters: world.adapters,
        hostFunctions: world.hostFunctions,
        nowMs: world.nowMs,
        decisionId: decision.id,
        operation,
        operationHash: decision.operationHash,
        organization,
        findings: decision.findings,
      },
    })),
  )
}

async function worldOf({
  adapters,
  hostFunctions,
  clock,
}: Services): Promise<Pick<DecisionInput, 'adapters' | 'hostFunctions' | 'nowMs'>> {
  return {
    adapters: await Promise.all([...adapters.values()].map(async ({ state }) => await state())),
    hostFunctions: operationKinds.filter((kind) => kind !== 'tool.call' && hostFunctions[kind] !== undefined),
    nowMs: clock.now(),
  }
}
