import { type BackendRule, concerns, type Preference } from './compile-settings.ts'
import type { Facts } from './facts.ts'
import type { Policy } from './policy.ts'

/** The backend that settings prefer for such an operation. */
export function preferredBackend({ preferences }: Policy, facts: Facts): Preference | undefined {
  return preferences.find((preference) => concerns(preference, facts))
}

/** What settings say of an adapter for such an operation. All of it holds. */
export function backendRules({ backends }: Policy, facts: Facts, adapter: string): readonly BackendRule[] {
  return backends.filter((rule) => rule.backend === adapter && concerns(rule, facts))
}
