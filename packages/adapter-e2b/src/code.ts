import { type CallOptions, type CodeContext, type CodeInterpreter, isSandboxError, SandboxError } from '@caisson/core'
import { codeContextSchema, codeContextsSchema, type ExecuteRequest, WireFormatError } from '@caisson/wire-e2b'
import type { z } from 'zod'
import { followCell } from './code-events.ts'
import type { Machine } from './cloud.ts'
import type { Link } from './link.ts'
import { mapError } from './map-error.ts'

const mostAnswerBytes = 1024 * 1024

/**
 * E2B's own code interpreter. The requests are those of the SDK, which neither lets go of a cell before its end nor tells the status of a refusal, and
 * takes a character apart when it arrives in two pieces.
 */
export function createCode(link: Link): CodeInterpreter {
  async function exchange<Schema extends z.ZodType>(
    request: { readonly method: string; readonly path: string; readonly body?: object },
    schema: Schema | undefined,
    options: CallOptions,
  ): Promise<z.output<Schema> | undefined> {
    return await link.call('context', options, async (machine, signal) => {
      const response = await send(link, machine, request, signal)
      const text = await response.text()
      if (schema === undefined) return undefined
      const parsed = schema.safeParse(text.length > mostAnswerBytes ? undefined : parseJson(text))
      if (parsed.success) return parsed.data
      throw protocolError(link, new WireFormatError('a context is not what it should be', { cause: parsed.error }))
    })
  }

  return {
    createContext: async (language, { cwd, ...options } = {}) => {
      const body = { language, ...(cwd === undefined ? {} : { cwd }) }
      return required(link, await exchange({ method: 'POST', path: '/contexts', body }, codeContextSchema, options))
    },
    listContexts: async (options = {}): Promise<readonly CodeContext[]> => {
      return required(link, await exchange({ method: 'GET', path: '/contexts' }, codeContextsSchema, options))
    },
    removeContext: async (id, options = {}) => {
      try {
        await exchange({ method: 'DELETE', path: contextPath(link, id) }, undefined, options)
        return 'removed'
      } catch (error) {
        if (isSandboxError(error) && error.code === 'context-not-found') return 'absent'
        throw error
      }
    },
    restartContext: async (id, options = {}) => {
      await exchange({ method: 'POST', path: `${contextPath(link, id)}/restart`, body: {} }, undefined, options)
    },
    run: async (code, { context, language, env, ...options } = {}) => {
      if (context !== undefined && language !== undefined)
        throw new SandboxError('invalid-argument', link.adapter, 'a cell has a context or a language, and not both', {
          field: 'language',
        })
      const body: ExecuteRequest = {
        code,
        ...(context === undefined ? {} : { context_id: context }),
        ...(language === undefined ? {} : { language }),
        ...(env === undefined ? {} : { env_vars: { ...env } }),
      }
      return await followCell(link, options, async (machine, signal) => {
        return await send(link, machine, { method: 'POST', path: '/execute', body }, signal)
      })
    },
  }
}

async function send(
  link: Link,
  machine: Machine,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body?: object },
  signal: AbortSignal,
): Promise<Response> {
  const { url, headers } = machine.codeAddress(path)
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  })
  if (response.ok) return response
  const text = (await response.text()).slice(0, 500)
  throw mapError(link.adapter, new Error(text === '' ? `E2B answered with ${response.status}` : text), {
    subject: 'context',
    status: response.status,
  })
}

/** An id that no context can have must not lead to another path. */
function contextPath(link: Link, id: string): string {
  if (/^[A-Za-z0-9_-]{1,100}$/.test(id)) return `/contexts/${id}`
  throw new SandboxError('context-not-found', link.adapter, 'no context has such an id', { field: 'context' })
}

function required<Value>(link: Link, value: Value | undefined): Value {
  if (value !== undefined) return value
  throw protocolError(link, new WireFormatError('an answer is missing'))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function protocolError(link: Link, cause: WireFormatError): SandboxError {
  return new SandboxError('protocol', link.adapter, cause.message, { cause })
}
