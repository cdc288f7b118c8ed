import { parseArgs } from 'node:util'
import { groups } from '../requirement.ts'
import { requirements } from '../requirements/requirements.ts'

export interface CliOptions {
  /** Path of a module that exports a target as its default. */
  readonly module: string | undefined
  readonly only: readonly string[] | undefined
  readonly json: boolean
  readonly list: boolean
  readonly help: boolean
}

/** What is wrong with a command line, as one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const usage = `usage: conformance <module> [--only <id or group>]… [--json]
       conformance --list [--json]

<module> exports a conformance target as its default.
Exit code: 0 all hold, 1 something failed or a known failure is stale, 2 wrong use.

Examples:
  conformance test/conformance-target.ts
  conformance test/conformance-target.ts --only processes --only files.empty
  conformance --list
`

export function parseCommandLine(argv: readonly string[]): CliOptions {
  const { values, positionals } = read(argv)
  const [module, ...surplus] = positionals
  if (surplus.length > 0) throw new UsageError(`one module at a time, not ${surplus.join(' ')} too`)
  const known = new Set<string>([...groups, ...requirements.map(({ id }) => id)])
  for (const name of values.only ?? []) {
    if (!known.has(name)) throw new UsageError(`"${name}" is neither a requirement nor a group (see --list)`)
  }
  if (module === undefined && !values.list && !values.help) throw new UsageError('name the module of a target')
  return { module, only: values.only, json: values.json, list: values.list, help: values.help }
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
