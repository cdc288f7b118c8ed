import { z } from 'zod'
import { builderError } from './builder-error.ts'

/** For which adapters a template can be built. */
export const targets = ['local', 'docker'] as const
export const targetSchema = z.enum(targets)
export type Target = z.infer<typeof targetSchema>

const later: ReadonlySet<string> = new Set(['e2b', 'daytona'])

/** The targets that these words name. */
export function parseTargets(words: readonly string[]): readonly Target[] {
  const parsed = new Set(
    words.map((word) => {
      const target = targetSchema.safeParse(word)
      if (target.success) return target.data
      throw builderError(later.has(word) ? 'unsupported' : 'invalid-argument', `cannot build for ${word} yet`, {
        field: 'targets',
        remedy: `build for ${targets.join(' or ')}; the same Dockerfile can be built with ${word}'s own tools`,
      })
    }),
  )
  return targets.filter((target) => parsed.has(target))
}
