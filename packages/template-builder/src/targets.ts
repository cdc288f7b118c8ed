import { z } from 'zod'
import { builderError } from './builder-error.ts'

/** For which adapters a template can be built. */
export const targets = ['local', 'docker', 'podman', 'e2b', 'daytona'] as const
export const targetSchema = z.enum(targets)
export type Target = z.infer<typeof targetSchema>
/** Those that are container engines. */
export type EngineTarget = 'docker' | 'podman'

/** Providers, and the variable in which each one's key is. */
const providerKeys = { e2b: 'E2B_API_KEY', daytona: 'DAYTONA_API_KEY' } as const

export function isEngine(target: Target): target is EngineTarget {
  return target === 'docker' || target === 'podman'
}

/** The targets that these words name. A provider without its key is `unauthenticated`. */
export function parseTargets(
  words: readonly string[],
  hasKey: (variable: string) => boolean = () => false,
): readonly Target[] {
  const without = words.filter(isProvider).filter((provider) => !hasKey(providerKeys[provider]))
  if (without.length > 0) throw keyless(without)
  const parsed = new Set(
    words.map((word) => {
      const target = targetSchema.safeParse(word)
      if (target.success) return target.data
      throw unknown(word)
    }),
  )
  if (parsed.size === 0) throw unknown('nothing')
  return targets.filter((target) => parsed.has(target))
}

function isProvider(word: string): word is keyof typeof providerKeys {
  return Object.hasOwn(providerKeys, word)
}

function keyless(providers: readonly (keyof typeof providerKeys)[]): Error {
  const variables = providers.map((provider) => providerKeys[provider])
  return builderError(
    'unauthenticated',
    `cannot build for ${providers.join(' and ')}: no key is set (${variables.join(', ')})`,
    {
      field: 'targets',
      remedy: `set ${variables.join(' and ')}`,
    },
  )
}

function unknown(word: string): Error {
  return builderError('invalid-argument', `there is no target ${word}`, {
    field: 'targets',
    remedy: `build for ${targets.join(', ')}`,
  })
}
