export { defineStoresContract } from './testing/stores-contract.ts'
export { type StoresFactory, type TestRunner } from './testing/runner.ts'
