import { decisionIdSchema, freshId, type Operation, operationKinds, type OrganizationId } from '@caisson/core'
import { type DecisionInput, operationHash } from '@caisson/router'
import type { Services } from '../services.ts'
import { inspect } from './inspect.ts'

/** All that the decision on an operation depends on, as it is now. Creates and stores nothing. */
export async function decisionInput(
  services: Services,
  organization: OrganizationId,
  operation: Operation,
): Promise<DecisionInput> {
  const [findings, policy, adapters, remainingBudgetUsd] = await Promise.all([
    inspect(services, organization, operation),
    services.policyOf(organization),
    Promise.all([...services.adapters.values()].map(async ({ state }) => await state())),
    services.remainingBudgetUsd(organization),
  ])
  return {
    decisionId: decisionIdSchema.parse(freshId()),
    operation,
    operationHash: operationHash(operation),
    organization,
    policy,
    adapters,
    hostFunctions: operationKinds.filter((kind) => kind !== 'tool.call' && services.hostFunctions[kind] !== undefined),
    findings,
    remainingBudgetUsd,
    nowMs: services.clock.now(),
  }
}
