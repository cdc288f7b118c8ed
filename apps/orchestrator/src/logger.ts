import { createRedactor } from '@caisson/tracing'
import { destination, type Logger, pino } from 'pino'

const redact = createRedactor()
const maxCauses = 5

/** JSON lines on standard error. Whatever is logged is redacted; of errors only what is named here is kept, for drivers hang connections on theirs. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      serializers: { err: (described: unknown) => described },
      formatters: { log: (facts) => Object.assign({}, redact(describeErrors(facts))) },
    },
    destination({ fd: 2, sync: false }),
  )
}

function describeErrors(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, value instanceof Error ? describe(value, 0) : value]),
  )
}

function describe(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error
  return {
    name,
    message,
    ...('code' in error ? { code: error.code } : {}),
    stack,
    ...(cause instanceof Error && depth < maxCauses ? { cause: describe(cause, depth + 1) } : {}),
  }
}
