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
    provider('E2B', 'E2B_API_KEY', 'https://e2b.dev/dashboard?tab=keys', present),
    optional('Daytona', ['DAYTONA_API_KEY'], present),
    optional('Langfuse', ['LANGFUSE_PUBLIC_KEY', 'LANGFUSE_SECRET_KEY'], present),
  ]
}

/** A key of somebody who rents sandboxes out. */
function provider(what: string, name: string, address: string, present: ReadonlySet<string>): Finding {
  if (present.has(name)) return good('keys', what, `in ${name}; CAISSON_ADAPTERS decides whether it is used`)
  return good(
    'keys',
    what,
    `not set, and not needed; to use ${what}: ${name} from ${address}, and ${what.toLowerCase()} in CAISSON_ADAPTERS`,
  )
}

/** Not to have one is no fault; to have half of one is. */
function optional(what: string, names: readonly string[], present: ReadonlySet<string>): Finding {
  const missing = names.filter((name) => !present.has(name))
  if (missing.length === 0) return good('keys', what, `in ${names.join(' and ')}`)
  if (missing.length === names.length) return good('keys', what, `not set (${names.join(', ')}), and not needed`)
  return poor('keys', what, `${missing.join(' and ')} not set, but its counterpart is`, 'set both, or neither')
}
