import { setTimeout as delay } from 'node:timers/promises'
import type { IncomingMessage } from 'node:http'
import {
  type CallOptions,
  concatBytes,
  decodeText,
  isSandboxError,
  type SandboxError,
  type SandboxInfo,
} from '@caisson/core'
import {
  connectErrorSchema,
  decodeJson,
  errnoHeader,
  httpErrorSchema,
  unaryContentType,
  WireFormatError,
} from '@caisson/wire-e2b'
import type { z } from 'zod'
import { createCallScope } from './call-scope.ts'
import type { Channel, HttpCall } from './channel.ts'
import { keepRunning } from './keep-running.ts'
import { limits } from './limits.ts'
import { codeOfStatus, errnoOfStatus, mapFailure, mapProblem, type Subject } from './map-error.ts'

export interface CallTarget {
  readonly user?: string | undefined
  readonly subject: Subject
}

/** The calls that everything else is made of. Every failure is a `SandboxError`. */
export interface DaemonCalls {
  readonly adapter: string
  readonly channel: Channel
  /** One remote procedure call: JSON there and back, checked against `schema`. */
  readonly unary: <Schema extends z.ZodType>(
    path: string,
    message: object,
    schema: Schema,
    options: CallOptions & CallTarget & { readonly timeless?: boolean },
  ) => Promise<z.output<Schema>>
  /** An HTTP call whose answer is 200 or thrown. The caller reads the body within `scope`. */
  readonly http: (
    call: Omit<HttpCall, 'signal'>,
    target: CallTarget,
    scope: { readonly signal: AbortSignal },
  ) => Promise<IncomingMessage>
  /** What a failure on the way means: `sandbox-not-found` when the sandbox is no longer there. */
  readonly explain: (error: unknown) => Promise<SandboxError>
  /** Whether the sandbox cannot answer because it is paused. */
  readonly isPaused: () => Promise<boolean>
}

export function createDaemonCalls(adapter: string, channel: Channel, info: () => Promise<SandboxInfo>): DaemonCalls {
  async function explain(error: unknown): Promise<SandboxError> {
    const problem = mapProblem(error, adapter)
    if (problem.code !== 'unavailable') return problem
    try {
      // A sandbox that is being destroyed loses its daemon a moment before it is gone.
      for (let looks = 0; looks < limits.goneLooks; looks += 1) {
        await info()
        await delay(limits.goneLookMs)
      }
      return problem
    } catch (gone) {
      return isSandboxError(gone) && gone.code === 'sandbox-not-found' ? gone : problem
    }
  }

  async function http(
    call: Omit<HttpCall, 'signal'>,
    target: CallTarget,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<IncomingMessage> {
    const headers = {
      ...(target.user === undefined ? {} : { authorization: basicAuthorization(target.user) }),
      ...call.headers,
    }
    const response = await channel.call({ ...call, headers, signal }).catch(async (error: unknown) => {
      throw await explain(signal.aborted ? signal.reason : error)
    })
    if (response.statusCode === 200 || response.statusCode === 204 || response.statusCode === 206) return response
    throw await reportedFailure(response, adapter, target.subject)
  }

  return {
    adapter,
    channel,
    http,
    explain,
    isPaused: async () =>
      await info()
        .then(({ state }) => state === 'paused')
        .catch(() => false),
    unary: async (path, message, schema, { user, subject, timeless, ...options }) => {
      using scope = createCallScope(adapter, options, timeless === true ? undefined : limits.callMs)
      const body = JSON.stringify(message)
      const response = await http(
        {
          method: 'POST',
          path,
          headers: { 'content-type': unaryContentType, 'content-length': String(Buffer.byteLength(body)) },
          send: (request) => void request.end(body),
        },
        { user, subject },
        scope,
      )
      try {
        using _ = keepRunning()
        const parsed = schema.safeParse(decodeJson(await readBody(response)))
        if (parsed.success) return parsed.data
        throw new WireFormatError(`${path} answered something else than it should`, { cause: parsed.error })
      } catch (error) {
        throw await explain(scope.signal.aborted ? scope.signal.reason : error)
      }
    },
  }
}

function basicAuthorization(user: string): string {
  return `Basic ${Buffer.from(`${user}:`).toString('base64')}`
}

/** The whole body; one that is larger than it may be is given up at once. */
export async function readBody(
  response: IncomingMessage,
  limitBytes: number = limits.answerBytes,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Uint8Array>) {
    size += part.byteLength
    if (size > limitBytes) {
      response.destroy()
      throw new WireFormatError(`an answer exceeds ${limitBytes} bytes`)
    }
    parts.push(part)
  }
  return concatBytes(parts)
}

async function reportedFailure(response: IncomingMessage, adapter: string, subject: Subject): Promise<SandboxError> {
  const status = response.statusCode ?? 0
  const bytes = await readBody(response, limits.headerBytes).catch(() => new Uint8Array())
  const body = tryDecodeJson(bytes)
  // The code interpreter's failures are plain text.
  const text = response.headers['content-type'] === 'text/plain' ? decodeText(bytes) : ''
  const connect = connectErrorSchema.safeParse(body)
  if (connect.success && typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string') {
    const { code, message, caisson } = connect.data
    return mapFailure({ code, message, errno: caisson?.errno }, adapter, subject)
  }
  const http = httpErrorSchema.safeParse(body)
  const message = http.success ? http.data.message : text || `the daemon answered with status ${status}`
  const errno =
    (http.success ? http.data.caisson?.errno : undefined) ?? errnoOfHeader(response) ?? errnoOfStatus(status)
  return mapFailure({ code: codeOfStatus(status), message, errno }, adapter, subject)
}

function errnoOfHeader({ headers }: IncomingMessage): string | undefined {
  const errno = headers[errnoHeader]
  return typeof errno === 'string' && /^E[A-Z0-9]{1,30}$/.test(errno) ? errno : undefined
}

function tryDecodeJson(bytes: Uint8Array): unknown {
  try {
    return decodeJson(bytes)
  } catch {
    return undefined
  }
}
