import type { IncomingMessage } from 'node:http'
import { type CallOptions, type CodeContext, type CodeInterpreter, isSandboxError, SandboxError } from '@caisson/core'
import {
  codeContextSchema,
  codeContextsSchema,
  type CreateContextRequest,
  decodeJson,
  type ExecuteRequest,
  unaryContentType,
  WireFormatError,
} from '@caisson/wire-e2b'
import type { z } from 'zod'
import { createCallScope } from './call-scope.ts'
import type { HttpCall } from './channel.ts'
import { startCell } from './cells.ts'
import { followCell } from './code-events.ts'
import { type DaemonCalls, readBody } from './daemon-calls.ts'
import { keepRunning } from './keep-running.ts'
import { limits } from './limits.ts'
import { type Line, longestLaunch } from './line.ts'

const contextsPath = '/contexts'

/** Stateful code through the daemon's kernels. */
export function createCode(calls: DaemonCalls, line: Line): CodeInterpreter {
  async function exchange<Result>(
    call: Omit<HttpCall, 'signal'>,
    options: CallOptions,
    read: (response: IncomingMessage) => Promise<Result>,
  ): Promise<Result> {
    using scope = createCallScope(calls.adapter, options, limits.startKernelMs)
    const response = await calls.http(call, { subject: 'context' }, scope)
    try {
      using _ = keepRunning()
      return await read(response)
    } catch (error) {
      throw await calls.explain(scope.signal.aborted ? scope.signal.reason : error)
    }
  }

  return {
    createContext: async (language, { cwd, ...options } = {}) => {
      const request: CreateContextRequest = { language, ...(cwd === undefined ? {} : { cwd }) }
      return await exchange(post(contextsPath, request), options, readAs(codeContextSchema))
    },
    listContexts: async (options = {}): Promise<readonly CodeContext[]> => {
      return await exchange({ method: 'GET', path: contextsPath }, options, readAs(codeContextsSchema))
    },
    removeContext: async (id, options = {}) => {
      try {
        await exchange({ method: 'DELETE', path: contextPath(calls, id) }, options, drop)
        return 'removed'
      } catch (error) {
        if (isSandboxError(error) && error.code === 'context-not-found') return 'absent'
        throw error
      }
    },
    restartContext: async (id, options = {}) => {
      await exchange(post(`${contextPath(calls, id)}/restart`, {}), options, drop)
    },
    run: async (code, { context, language, env, ...options } = {}) => {
      const request: ExecuteRequest = {
        code,
        ...(context === undefined ? {} : { context_id: context }),
        ...(language === undefined ? {} : { language }),
        ...(env === undefined ? {} : { env_vars: { ...env } }),
      }
      return lengthOf(code, env) < longestLaunch
        ? await startCell(calls, line, request, options)
        : await followCell(calls, post('/execute', request), options)
    },
  }
}

function lengthOf(code: string, env: Readonly<Record<string, string>> = {}): number {
  return Object.entries(env)
    .flat()
    .reduce((length, text) => length + text.length, code.length)
}

function post(path: string, message: object): Omit<HttpCall, 'signal'> {
  const body = JSON.stringify(message)
  return {
    method: 'POST',
    path,
    headers: { 'content-type': unaryContentType, 'content-length': String(Buffer.byteLength(body)) },
    send: (request) => void request.end(body),
  }
}

/** An id that no context can have must not lead to another path. */
function contextPath(calls: DaemonCalls, id: string): string {
  if (/^[A-Za-z0-9_-]{1,100}$/.test(id)) return `${contextsPath}/${id}`
  throw new SandboxError('context-not-found', calls.adapter, 'no context has such an id', { field: 'context' })
}

function readAs<Schema extends z.ZodType>(schema: Schema): (response: IncomingMessage) => Promise<z.output<Schema>> {
  return async (response) => {
    const parsed = schema.safeParse(decodeJson(await readBody(response)))
    if (parsed.success) return parsed.data
    throw new WireFormatError('a context is not what it should be', { cause: parsed.error })
  }
}

async function drop(response: IncomingMessage): Promise<void> {
  await readBody(response)
}
