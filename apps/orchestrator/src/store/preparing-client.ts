import { Client, type ClientConfig } from 'pg'

/** A service has fewer queries than this. Those above it, whose texts vary with what they ask for, are planned anew each time. */
const mostNames = 500
const names = new Map<string, string>()

/** A connection on which queries with parameters have names, so that the server keeps what it has parsed and planned. */
export class PreparingClient extends Client {
  constructor(config?: ClientConfig) {
    super(config)
    const query = this.query.bind(this)
    Object.defineProperty(this, 'query', {
      value: (asked: unknown, values: unknown, ...rest: unknown[]): unknown =>
        Reflect.apply(query, undefined, [hasParameters(values) ? named(asked) : asked, values, ...rest]),
    })
  }
}

function hasParameters(values: unknown): boolean {
  return Array.isArray(values) && values.length > 0
}

function named(asked: unknown): unknown {
  if (typeof asked !== 'object' || asked === null || !('text' in asked) || typeof asked.text !== 'string') return asked
  const known = names.get(asked.text)
  if (known === undefined && names.size >= mostNames) return asked
  const name = known ?? `caisson_${names.size}`
  names.set(asked.text, name)
  return { ...asked, name }
}
