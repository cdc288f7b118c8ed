import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Duplex } from 'node:stream'
import type { Engine } from './engine.ts'

/**
 * A request after which the connection carries a program's standard streams. Without a body none is sent, not even an empty one: Podman takes
 * it for the program's first input.
 */
export async function hijack(
  engine: Engine,
  path: string,
  body: string | undefined,
  signal: AbortSignal,
): Promise<Duplex> {
  return await new Promise((resolve, reject) => {
    const request = engine.request({
      method: 'POST',
      path,
      signal,
      headers: {
        connection: 'Upgrade',
        upgrade: 'tcp',
        'content-length': Buffer.byteLength(body ?? ''),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    })
    request.once('upgrade', (_answer, socket, head) => {
      if (head.byteLength > 0) socket.unshift(head)
      resolve(socket)
    })
    request.once('response', (answer) => void refuse(answer).then(reject, reject))
    request.once('error', reject)
    request.end(body)
  })
}

/** The engine's answer as dockerode would throw it. */
async function refuse(answer: IncomingMessage): Promise<Error> {
  return Object.assign(new Error((await text(answer)).slice(0, 1000)), { statusCode: answer.statusCode })
}
