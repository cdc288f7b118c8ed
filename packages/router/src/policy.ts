import { parseOrThrow } from '@caisson/core'
import { canonicalHash } from './canonical-json.ts'
import { compileConditions, type Condition } from './compile-conditions.ts'
import { type Guard, type PolicyDocument, type PolicyInput, policySchema, type Rule } from './policy-schema.ts'

/** A rule or guard that is ready to be asked. */
export interface Compiled<Source extends Rule | Guard> {
  readonly source: Source
  readonly conditions: readonly Condition[]
}

/** A policy that is valid, hashed and compiled. */
export interface Policy {
  readonly name: string
  readonly version: string
  /** SHA-256 in hex over the document with all its defaults filled in: the same meaning has the same hash. */
  readonly hash: string
  readonly document: PolicyDocument
  readonly rules: readonly Compiled<Rule>[]
  readonly guards: readonly Compiled<Guard>[]
}

/** Checks and compiles a policy that is already data. Throws `OperationError` `invalid-policy`, naming the field. */
export function createPolicy(input: PolicyInput): Policy {
  return compilePolicy(parseOrThrow(policySchema, input, 'invalid-policy', 'policy'))
}

export function compilePolicy(document: PolicyDocument): Policy {
  return {
    name: document.name,
    version: document.version,
    hash: canonicalHash(document),
    document,
    rules: document.rules.map((source) => ({ source, conditions: compileConditions(source.when) })),
    guards: document.guards.map((source) => ({ source, conditions: compileConditions(source.when) })),
  }
}
