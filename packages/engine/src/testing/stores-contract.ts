import { defineBatchStoreContract } from './batch-store-contract.ts'
import { defineEventStoreContract } from './event-store-contract.ts'
import {
  defineApprovalStoreContract,
  defineArtifactStoreContract,
  defineAuditStoreContract,
  defineLeaseStoreContract,
  defineOwnerStoreContract,
} from './other-stores-contract.ts'
import { defineRunStoreContract } from './run-store-contract.ts'
import type { StoresFactory, TestRunner } from './runner.ts'

/** Declares the tests that every implementation of `Stores` must pass. `fresh` gives empty stores for each of them. */
export function defineStoresContract(runner: TestRunner, fresh: StoresFactory): void {
  defineRunStoreContract(runner, fresh)
  defineEventStoreContract(runner, fresh)
  defineApprovalStoreContract(runner, fresh)
  defineArtifactStoreContract(runner, fresh)
  defineLeaseStoreContract(runner, fresh)
  defineAuditStoreContract(runner, fresh)
  defineOwnerStoreContract(runner, fresh)
  defineBatchStoreContract(runner, fresh)
}
