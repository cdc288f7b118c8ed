import { OperationError, parseOrThrow } from '@caisson/core'
import { canonicalHash } from './canonical-json.ts'
import { compileConditions, type Condition } from './compile-conditions.ts'
import { type BackendRule, compileSettings, type Preference } from './compile-settings.ts'
import { expandPolicy } from './expand-policy.ts'
import {
  type Guard,
  type PolicyDocument,
  type PolicyInput,
  policySchema,
  policySourceSchema,
  type Rule,
} from './policy-schema.ts'

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
  /** Those of the document, then those that its settings are. */
  readonly guards: readonly Compiled<Guard>[]
  /** Backends that settings prefer, the most specific first. */
  readonly preferences: readonly Preference[]
  /** What settings say of backends. All that applies holds. */
  readonly backends: readonly BackendRule[]
  /** The policy of the service that holds as well. See `underService`. */
  readonly service?: PolicyDocument
}

/** Checks and compiles a policy that is already data. Throws `OperationError` `invalid-policy`, naming the field. */
export function createPolicy(input: PolicyInput): Policy {
  const { document, faults } = expandPolicy(parseOrThrow(policySourceSchema, input, 'invalid-policy', 'policy'))
  const [fault] = faults
  if (fault === undefined) return compilePolicy(document)
  const field = fault.path.join('.')
  throw new OperationError('invalid-policy', `policy, field ${field}: ${fault.message}`, { field })
}

/** Compiles a policy that was stored: whole, and checked before. Throws `invalid-policy` when it does not fit this version. */
export function restorePolicy(document: unknown): Policy {
  return compilePolicy(parseOrThrow(policySchema, document, 'invalid-policy', 'stored policy'))
}

export function compilePolicy(document: PolicyDocument): Policy {
  const { guards, preferences, backends } = compileSettings(document)
  return {
    name: document.name,
    version: document.version,
    hash: canonicalHash(document),
    document,
    rules: document.rules.map((source) => ({ source, conditions: compileConditions(source.when) })),
    guards: [...document.guards, ...guards].map((source) => ({ source, conditions: compileConditions(source.when) })),
    preferences,
    backends,
  }
}

/**
 * The policy of an organization under the policy of the service: its own rules and classes decide, and the guards and settings of the service hold as well,
 * so that nobody allows themselves what the service does not.
 */
export function underService(own: Policy, service: Policy): Policy {
  if (own.hash === service.hash) return own
  const taken = new Set([...own.rules, ...own.guards].map(({ source }) => source.id))
  const guards = service.guards.map(({ source, conditions }) => ({
    source: taken.has(source.id) ? { ...source, id: `service-${source.id}` } : source,
    conditions,
  }))
  return {
    ...own,
    hash: canonicalHash([own.document, service.document]),
    service: service.document,
    guards: [...own.guards, ...guards],
    preferences: [...own.preferences, ...service.preferences],
    backends: [...own.backends, ...service.backends],
  }
}
