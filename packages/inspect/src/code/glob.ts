const wildcard = /\[[^\]]*\]|[?*]/g
const maxPattern = 64
/** With fewer letters of its own a pattern means everything rather than something. */
const minLiteral = 3

/** The first of these that a shell pattern would find. `undefined` also for what is no pattern, or hardly says anything. */
export function expandGlob(pattern: string, candidates: readonly string[]): string | undefined {
  if (pattern.length > maxPattern || !/[?*[]/.test(pattern)) return undefined
  const base = pattern.slice(pattern.lastIndexOf('/') + 1)
  if (base.replaceAll(wildcard, '').length < minLiteral) return undefined
  const parts = pattern.split(wildcard).map((literal) => literal.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const wild = [...pattern.matchAll(wildcard)].map(([mark]) => (mark === '*' ? '[^/]{0,64}' : '[^/]'))
  const whole = new RegExp(`^${parts.map((part, index) => part + (wild[index] ?? '')).join('')}$`)
  return candidates.find((candidate) => whole.test(candidate))
}
