import { isOperationError, isSandboxError, SandboxError } from '@caisson/core'
import { DrizzleQueryError } from 'drizzle-orm'

/** Classes of SQLSTATE that pass by themselves: lost connections, a server that is full, starts or stops, lost races. */
const passing = /^(08|53|57P|40)/
const systemCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'])

/**
 * What a failed query is to the rest of the service. The query's own message is dropped, because it quotes the parameters, which may
 * hold what callers want kept.
 */
export function fromDatabaseError(error: unknown): unknown {
  if (isOperationError(error) || isSandboxError(error)) return error
  const cause = error instanceof DrizzleQueryError ? error.cause : error
  if (!(cause instanceof Error)) return error
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const isTimeout = cause.message.startsWith('timeout exceeded when trying to connect')
  if (passing.test(code) || systemCodes.has(code) || isTimeout || cause.message.startsWith('Connection terminated')) {
    return new SandboxError('unavailable', 'postgres', 'the database cannot be reached', {
      cause,
      remedy: 'try again; if it stays so, look at the log of the service',
    })
  }
  return error instanceof DrizzleQueryError ? new Error(`a query failed: ${cause.message}`, { cause }) : error
}

/** The same store, whose failures are told through `fromDatabaseError`. */
export function withDatabaseErrors<Store extends object>(store: Store): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const call: unknown = Reflect.get(target, name)
      if (typeof call !== 'function') return call
      return async (...parameters: readonly unknown[]) => {
        try {
          return await Reflect.apply(call, target, parameters)
        } catch (error) {
          throw fromDatabaseError(error)
        }
      }
    },
  })
}
