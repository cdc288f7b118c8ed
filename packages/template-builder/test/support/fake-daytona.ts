import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'

const askedSchema = z.object({
  name: z.string(),
  cpu: z.number().optional(),
  memory: z.number().optional(),
  buildInfo: z.object({ dockerfileContent: z.string(), contextHashes: z.array(z.string()) }),
})
type AskedSnapshot = z.infer<typeof askedSchema>

/** Daytona's way of building snapshots, as far as its SDK sees it: nothing is built, everything is remembered. */
export interface FakeDaytona extends AsyncDisposable {
  readonly account: { readonly apiKey: string; readonly apiUrl: string }
  readonly snapshots: readonly AskedSnapshot[]
  /** Lets all further builds fail. */
  readonly fail: () => void
}

export async function fakeDaytona(apiKey = 'dtn_key'): Promise<FakeDaytona> {
  const snapshots: AskedSnapshot[] = []
  let end = 'active'
  const server = createServer((request, response) => void answer(request, response))
  const address = () => {
    const { port } = server.address() as { port: number }
    return `http://127.0.0.1:${port}`
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const bytes = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
    const { pathname } = new URL(request.url ?? '', 'http://daytona')
    if (request.headers.authorization !== `Bearer ${apiKey}`) {
      return send(401, { statusCode: 401, message: 'Invalid credentials' })
    }
    const named = (name: string, state: string) => ({ id: name, name, state, general: false, errorReason: 'no room' })
    if (pathname === '/snapshots' && request.method === 'POST') {
      const asked = askedSchema.parse(JSON.parse(bytes.toString()))
      snapshots.push(asked)
      return send(200, named(asked.name, 'building'))
    }
    if (pathname.endsWith('/build-logs-url')) return send(200, { url: `${address()}/logs` })
    if (pathname === '/logs') return void response.writeHead(200).end('building\n')
    const name = decodeURIComponent(pathname.replace('/snapshots/', ''))
    if (snapshots.some((one) => one.name === name)) return send(200, named(name, end))
    send(404, { statusCode: 404, message: 'Snapshot not found' })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    account: { apiKey, apiUrl: address() },
    snapshots,
    fail: () => {
      end = 'build_failed'
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
