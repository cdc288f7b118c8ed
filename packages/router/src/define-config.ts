import type { PolicyInput, ShippedName } from './policy-schema.ts'

type SettingsInput = NonNullable<PolicyInput['settings']>

/** A workspace in one file, `caisson.config.ts`: a policy, and settings on top of it. */
export interface WorkspaceConfig extends SettingsInput {
  /** Names it in decisions. Default: `workspace`. */
  readonly name?: string
  /** Default: `1`. */
  readonly version?: string
  /** One of the shipped policies, or a whole one. Default: `default`. */
  readonly policy?: ShippedName | PolicyInput
  /** Settings of single organizations. */
  readonly organizations?: PolicyInput['organizations']
}

/** Types a `caisson.config.ts`; the same as data is a policy file with `extends`, `settings` and `organizations`. */
export function defineConfig(config: WorkspaceConfig): PolicyInput {
  const { name, version, policy = 'default', organizations, ...settings } = config
  const base = typeof policy === 'string' ? { name: 'workspace', version: '1', extends: policy } : policy
  return {
    ...base,
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    settings: { ...base.settings, ...settings },
    organizations: { ...base.organizations, ...organizations },
  }
}
