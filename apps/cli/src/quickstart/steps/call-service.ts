import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { z } from 'zod'
import { expectSandboxed, type Step, unless } from '../step.ts'

export interface CallService extends AsyncDisposable {
  readonly step: Step
}

const valueSchema = z.object({ status: z.number(), body: z.string() })

/** A request to a server of our own. The sandbox has no network but this one host and port. */
export async function callService(): Promise<CallService> {
  const answer = randomUUID()
  let requests = 0
  const server = createServer((_request, response) => {
    requests += 1
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ answer }))
  })
  const port = await listen(server)
  const step: Step = {
    title: 'an HTTP request',
    operation: {
      kind: 'http.request',
      input: { url: `http://127.0.0.1:${port}/answer`, headers: { accept: 'application/json' } },
      // The default policy lets nothing untrusted reach a private address, so the caller has to vouch for this one.
      trust: 'internal',
      egress: [{ host: '127.0.0.1', port, allowPrivateAddress: true }],
      timeoutMs: 20_000,
    },
    problems: (seen) => {
      const problems = expectSandboxed(seen, 'succeeded')
      if (problems.length > 0) return problems
      const { status, body } = valueSchema.parse(seen.run.value)
      return [
        ...unless(status === 200 && body.includes(answer), `the answer was ${status} ${body}`),
        ...unless(requests === 1, `the server saw ${requests} requests`),
      ]
    },
  }
  return {
    step,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}
