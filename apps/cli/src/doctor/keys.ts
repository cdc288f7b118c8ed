import { type Finding, good, poor } from './finding.ts'

/** Keys by what they open. Only whether they are there is told, never what they are. */
export function examineKeys(keys: {
  readonly caisson: 'variable' | 'file' | undefined
  readonly present: ReadonlySet<string>
}): readonly Finding[] {
  const { caisson, present } = keys
  const own =
    caisson === undefined
      ? poor('keys', 'API key', 'none', 'npm start makes the first one; for a service elsewhere set CAISSON_API_KEY')
      : good(
          'keys',
          'API key',
          caisson === 'variable' ? 'in CAISSON_API_KEY' : 'in the file that a service of this machine left',
        )
  return [
    own,
    optional('E2B', ['E2B_API_KEY'], present),
    optional('Daytona', ['DAYTONA_API_KEY'], present),
    optional('Langfuse', ['LANGFUSE_PUBLIC_KEY', 'LANGFUSE_SECRET_KEY'], present),
  ]
}

/** Not to have one is no fault; to have half of one is. */
function optional(what: string, names: readonly string[], present: ReadonlySet<string>): Finding {
  const missing = names.filter((name) => !present.has(name))
  if (missing.length === 0) return good('keys', what, `in ${names.join(' and ')}`)
  if (missing.length === names.length) return good('keys', what, `not set (${names.join(', ')}), and not needed`)
  return poor('keys', what, `${missing.join(' and ')} not set, but its counterpart is`, 'set both, or neither')
}
