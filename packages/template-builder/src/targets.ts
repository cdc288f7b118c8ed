import { z } from 'zod'
import { builderError } from './builder-error.ts'

/** For which adapters a template can be built. */
export const targets = ['local', 'docker', 'podman'] as const
export const targetSchema = z.enum(targets)
export type Target = z.infer<typeof targetSchema>
/** Those that are container engines. */
export type EngineTarget = Exclude<Target, 'local'>

/** Providers, and the variable in which each one's key is. */
const providerKeys = { e2b: 'E2B_API_KEY', daytona: 'DAYTONA_API_KEY' } as const

/** The targets that these words name. A provider is refused: without its key as `unauthenticated`, with it as `unsupported`. */
export function parseTargets(
  words: readonly string[],
  hasKey: (variable: string) => boolean = () => false,
): readonly Target[] {
  const parsed = new Set(
    words.map((word) => {
      const target = targetSchema.safeParse(word)
      if (target.success) return target.data
      throw isProvider(word) ? refusal(word, hasKey(providerKeys[word])) : unknown(word)
    }),
  )
  if (parsed.size === 0) throw unknown('nothing')
  return targets.filter((target) => parsed.has(target))
}

function isProvider(word: string): word is keyof typeof providerKeys {
  return Object.hasOwn(providerKeys, word)
}

function refusal(provider: keyof typeof providerKeys, hasKey: boolean): Error {
  const variable = providerKeys[provider]
  const others = `build for ${targets.join(', ')}; the same Dockerfile can be built with ${provider}'s own tools`
  return hasKey
    ? builderError('unsupported', `cannot build for ${provider} yet, whatever ${variable} opens`, {
        field: 'targets',
        remedy: others,
      })
    : builderError('unauthenticated', `cannot build for ${provider}: no key is set (${variable})`, {
        field: variable,
        remedy: `set ${variable}; until then ${others}`,
      })
}

function unknown(word: string): Error {
  return builderError('invalid-argument', `there is no target ${word}`, {
    field: 'targets',
    remedy: `build for ${targets.join(', ')}`,
  })
}
