import { type CallOptions, SandboxError } from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import { request as httpRequest } from 'node:http'
import type { Duplex } from 'node:stream'

/** A daemon that lives answers this at once. */
const answerMs = 20_000

export interface DaemonConnection {
  readonly dial: () => Duplex
  readonly accessToken: string
}

/** Tells the daemon when to end, so that the sandbox ends on time while nobody of Caisson runs. */
export async function setLifetime(
  adapter: string,
  { dial, accessToken }: DaemonConnection,
  lifetimeMs: number,
  options: CallOptions = {},
): Promise<void> {
  using scope = createCallScope(adapter, options, answerMs)
  const body = JSON.stringify({ lifetimeMs })
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest({
      createConnection: dial,
      host: 'daemon',
      method: 'POST',
      path: '/lifetime',
      signal: scope.signal,
      headers: {
        'x-access-token': accessToken,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        connection: 'close',
      },
    })
    request.once('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.once('error', (error) => reject(scope.signal.aborted ? scope.signal.reason : error))
    request.end(body)
  })
  if (status !== 204)
    throw new SandboxError('protocol', adapter, `the daemon refuses another lifetime with status ${status}`)
}
