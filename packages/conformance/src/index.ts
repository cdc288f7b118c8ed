export { defineConformance, type TestContext, type TestRunner } from './define-conformance.ts'
export { type Group, groups, type Requirement } from './requirement.ts'
export { requirements } from './requirements/requirements.ts'
export {
  type ConformanceReport,
  type ConformanceResult,
  runConformance,
  type RunConformanceOptions,
} from './run-conformance.ts'
export { perlPrograms } from './programs/perl.ts'
export { pythonPrograms } from './programs/python.ts'
export { sharing } from './sharing.ts'
export { type ConformanceTarget, type KnownFailure, type TargetPrograms } from './target.ts'
