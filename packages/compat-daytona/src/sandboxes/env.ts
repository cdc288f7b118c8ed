import { seal, unseal } from '@caisson/compat-kit'
import { type SandboxEnv, sandboxEnvSchema } from './record.ts'
import type { Tokens } from './tokens.ts'

export function sealEnv(env: SandboxEnv, tokens: Tokens): string {
  return seal(JSON.stringify(env), tokens.sealingKey())
}

export function readEnv(sealed: string, tokens: Tokens): SandboxEnv {
  return sandboxEnvSchema.parse(JSON.parse(unseal(sealed, tokens.sealingKey())))
}

/** The variables that a program started now sees, as far as they were given. */
export function effectiveEnv({ created, set, unset }: SandboxEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries({ ...created, ...set }).filter(([name]) => !unset.includes(name)))
}
