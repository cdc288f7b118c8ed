import { request } from 'node:http'
import { accessTokenHeader, createEnvelopeParser, decodeJson, encodeMessage } from '@caisson/wire-e2b'
import type { TestDaemon } from '@caisson/daemon/testing'

/** A daemon that can be spoken to. */
export type Reachable = Pick<TestDaemon, 'accessToken' | 'socketPath'>

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly token?: string | undefined
}

/** One HTTP request, the way any client of E2B's might send it. */
export async function call(daemon: Reachable, path: string, options: Call = {}): Promise<Answer> {
  const token = 'token' in options ? options.token : daemon.accessToken
  return await new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: daemon.socketPath,
        path,
        method: options.method ?? 'GET',
        headers: { ...(token === undefined ? {} : { [accessTokenHeader]: token }), ...options.headers },
      },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(options.body)
  })
}

/** A unary procedure. */
export async function unary(
  daemon: Reachable,
  path: string,
  message: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  const { status, body } = await call(daemon, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(message),
  })
  return { status, body: decodeJson(body) }
}

/** A server stream to its end: every message, then what ended it. */
export async function stream(
  daemon: Reachable,
  path: string,
  message: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly messages: readonly unknown[]; readonly end: unknown }> {
  const { body } = await call(daemon, path, {
    method: 'POST',
    headers: { 'content-type': 'application/connect+json', ...headers },
    body: encodeMessage(message),
  })
  const parser = createEnvelopeParser(16 * 1024 * 1024)
  const messages = parser.push(body).map(({ payload }) => decodeJson(payload))
  parser.end()
  return { messages: messages.slice(0, -1), end: messages.at(-1) }
}
