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
  const parsed = new Set(
    words.map((word) => {
      if (isProvider(word) && !hasKey(providerKeys[word])) throw keyless(word)
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

function keyless(provider: keyof typeof providerKeys): Error {
  const variable = providerKeys[provider]
  return builderError('unauthenticated', `cannot build for ${provider}: no key is set (${variable})`, {
    field: variable,
    remedy: `set ${variable}`,
  })
}

function unknown(word: string): Error {
  return builderError('invalid-argument', `there is no target ${word}`, {
    field: 'targets',
    remedy: `build for ${targets.join(', ')}`,
  })
}
