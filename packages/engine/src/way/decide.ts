import {
  type Decision,
  decisionIdSchema,
  freshId,
  type Operation,
  type OperationKind,
  operationKinds,
  type OrganizationId,
} from '@caisson/core'
import { decide as route, operationHash } from '@caisson/router'
import type { Services } from '../services.ts'
import { inspect } from './inspect.ts'

/** Where the operation runs, and why. Creates and stores nothing. */
export async function decide(
  services: Services,
  organization: OrganizationId,
  operation: Operation,
): Promise<Decision> {
  const [findings, policy, adapters, remainingBudgetUsd] = await Promise.all([
    inspect(services, organization, operation),
    services.policyOf(organization),
    Promise.all([...services.adapters.values()].map(async ({ state }) => await state())),
    services.remainingBudgetUsd(organization),
  ])
  return route({
    decisionId: decisionIdSchema.parse(freshId()),
    operation,
    operationHash: operationHash(operation),
    organization,
    policy,
    adapters,
    hostFunctions: operationKinds.filter((kind: OperationKind) => services.hostFunctions[kind] !== undefined),
    findings,
    remainingBudgetUsd,
    nowMs: services.clock.now(),
  })
}
