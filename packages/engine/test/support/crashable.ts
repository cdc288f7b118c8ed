import type { SandboxAdapter } from '@caisson/core'
import type { Stores } from '../../src/index.ts'

/** Lets a part of this process die as by SIGKILL: from `crash` on nothing that it calls has an effect or ever answers. */
export interface Crash {
  readonly crash: () => void
  readonly adapter: (adapter: SandboxAdapter) => SandboxAdapter
  readonly stores: (stores: Stores) => Stores
}

export function createCrash(): Crash {
  let dead = false
  const never = () => new Promise<never>(() => undefined)

  const wrap = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get: (object, name, receiver) => {
        const member: unknown = Reflect.get(object, name, receiver)
        if (typeof member === 'function') {
          return (...parameters: unknown[]) => {
            if (dead) return name === 'list' ? { [Symbol.asyncIterator]: () => ({ next: never }) } : never()
            const result: unknown = Reflect.apply(member, object, parameters)
            return result instanceof Promise
              ? result.then(async (value: unknown) => (dead ? await never() : wrapValue(value)))
              : wrapValue(result)
          }
        }
        return wrapValue(member)
      },
    })
  const wrapValue = (value: unknown): unknown => {
    if (value instanceof ReadableStream || value instanceof WritableStream || value instanceof Uint8Array) return value
    if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.isFrozen(value)) return value
    return isHandle(value) ? wrap(value) : value
  }
  return {
    crash: () => {
      dead = true
    },
    adapter: wrap,
    stores: wrap,
  }
}

/** Plain data is handed on as it is; what has functions is wrapped as well. */
function isHandle(value: object): boolean {
  return Object.values(value).some(
    (member) =>
      typeof member === 'function' ||
      (typeof member === 'object' &&
        member !== null &&
        !Array.isArray(member) &&
        Object.values(member).some((inner) => typeof inner === 'function')),
  )
}
