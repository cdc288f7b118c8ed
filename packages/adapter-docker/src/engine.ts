import { orAborted } from '@caisson/adapter-kit'
import { type CallOptions, SandboxError } from '@caisson/core'
import type Docker from 'dockerode'
import { connectEngine, type EngineConnection } from './connect-engine.ts'
import { type EngineFacts, isPodman, readFacts } from './engine-facts.ts'
import { mapError, type Subject } from './map-error.ts'
import type { EngineAddress } from './options.ts'

/** The longest that an engine may take over one request, unless the request says otherwise. */
const requestLimitMs = 120_000

export interface RequestOptions extends CallOptions {
  readonly limitMs?: number | undefined
}

/** A connection to one engine, which may go away and come back. */
export interface Engine {
  /** Name of the adapter, for its errors. */
  readonly adapter: string
  readonly docker: Docker
  readonly request: EngineConnection['request']
  /** Makes a request, and its failure the contract's error. */
  readonly call: <Answer>(
    subject: Subject,
    options: RequestOptions | undefined,
    work: (abortSignal: AbortSignal) => Promise<Answer>,
  ) => Promise<Answer>
  /** `load`'s answer, asked for again after the engine was away or when it failed the last time. */
  readonly remember: <Answer>(key: string, load: () => Promise<Answer>) => Promise<Answer>
  /** Has `remember` ask again for what it knows under that key. Says whether it knew anything. */
  readonly forget: (key: string) => boolean
  readonly facts: () => Promise<EngineFacts>
  readonly close: () => void
}

export function createEngine(adapter: string, address: EngineAddress): Engine {
  const { docker, request, close } = connectEngine(address)
  const remembered = new Map<string, Promise<unknown>>()

  const call: Engine['call'] = async (subject, options, work) => {
    const limit = limitOf(options)
    const signal = options?.signal === undefined ? limit.signal : AbortSignal.any([options.signal, limit.signal])
    try {
      return await orAborted(signal, work)
    } catch (error) {
      if (options?.signal?.aborted === true)
        throw new SandboxError('cancelled', adapter, 'the call was given up', { cause: error })
      if (limit.signal.aborted)
        throw new SandboxError(limit.code, adapter, 'the engine takes too long', { cause: error })
      const mapped = mapError(adapter, subject, error)
      // It may come back as another one: nothing that was known of it holds any longer.
      if (mapped.code === 'unavailable') remembered.clear()
      throw mapped
    }
  }

  const remember: Engine['remember'] = async (key, load) => {
    const known = remembered.get(key)
    // Kept under its own key, a value has the type that its loader gives it.
    if (known !== undefined) return (await known) as Awaited<ReturnType<typeof load>>
    const loading = load()
    remembered.set(key, loading)
    try {
      return await loading
    } catch (error) {
      if (remembered.get(key) === loading) remembered.delete(key)
      throw error
    }
  }

  const loadFacts = async (): Promise<EngineFacts> => {
    return await call('engine', undefined, async () => {
      const version: unknown = await docker.version()
      const podman = isPodman(version)
      const [info, podmanInfo] = await Promise.all([docker.info(), podman ? podmanInfoOf(docker) : undefined])
      return readFacts(adapter, { version, info, podmanInfo })
    })
  }

  const forget = (key: string): boolean => remembered.delete(key)
  const facts = async (): Promise<EngineFacts> => await remember('facts', loadFacts)
  return { adapter, docker, request, call, remember, forget, facts, close }
}

function limitOf(options: RequestOptions | undefined): { signal: AbortSignal; code: 'timeout' | 'unavailable' } {
  const limitMs = options?.limitMs ?? requestLimitMs
  const leftMs = options?.deadline === undefined ? Infinity : Math.max(0, options.deadline - Date.now())
  // A timer of no time fires later than a quick answer comes.
  if (leftMs === 0) return { signal: AbortSignal.abort(), code: 'timeout' }
  return leftMs < limitMs
    ? { signal: AbortSignal.timeout(leftMs), code: 'timeout' }
    : { signal: AbortSignal.timeout(limitMs), code: 'unavailable' }
}

async function podmanInfoOf(docker: Docker): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    docker.modem.dial(
      { path: '/v4.0.0/libpod/info', method: 'GET', statusCodes: { 200: true } },
      (error: unknown, answer: unknown) => (error == null ? resolve(answer) : reject(error)),
    )
  })
}
