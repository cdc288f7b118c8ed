import { seal, unseal } from '@caisson/compat-kit'
import { z } from 'zod'
import type { Tokens } from './tokens.ts'

const longestValue = 64 * 1024

/** Headers for requests on their way out, by host, in E2B's words. Several rules for one host count together. */
export const headerRulesSchema = z.record(
  z.string().max(512),
  z
    .array(
      z.object({
        transform: z
          .object({ headers: z.record(z.string().max(512), z.string().max(longestValue)).nullish() })
          .nullish(),
      }),
    )
    .max(100),
)
export type HeaderRules = z.infer<typeof headerRulesSchema>

/** As they may lie in a record: what callers write into headers is often secret by itself. */
export function sealRules(rules: HeaderRules | undefined, tokens: Tokens): { readonly rules: string | undefined } {
  const isEmpty = rules === undefined || Object.keys(rules).length === 0
  return { rules: isEmpty ? undefined : seal(JSON.stringify(lowerCase(rules)), tokens.sealingKey()) }
}

export function openRules(sealed: string | undefined, tokens: Tokens): HeaderRules | undefined {
  return sealed === undefined ? undefined : headerRulesSchema.parse(JSON.parse(unseal(sealed, tokens.sealingKey())))
}

function lowerCase(rules: HeaderRules): HeaderRules {
  return Object.fromEntries(Object.entries(rules).map(([host, list]) => [host.toLowerCase(), list]))
}
