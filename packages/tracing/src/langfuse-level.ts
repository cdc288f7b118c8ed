import type { Level } from './vocabulary.ts'

const langfuseLevels = { debug: 'DEBUG', default: 'DEFAULT', warning: 'WARNING', error: 'ERROR' } as const

export function langfuseLevel(level: Level = 'default'): (typeof langfuseLevels)[Level] {
  return langfuseLevels[level]
}
