import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'

/** What a client asked to be built. */
export interface AskedBuild {
  readonly name: string
  readonly tags: readonly string[]
  readonly cpuCount?: number | undefined
  readonly memoryMB?: number | undefined
  readonly fromImage?: string | undefined
  readonly fromTemplate?: string | undefined
  readonly steps: readonly { readonly type: string; readonly args: readonly string[] }[]
}

/** E2B's way of building templates, as far as its SDK sees it: nothing is built, everything is remembered. */
export interface FakeE2b extends AsyncDisposable {
  readonly account: { readonly apiKey: string; readonly apiUrl: string }
  readonly builds: readonly AskedBuild[]
  /** Uploads that were received, in bytes. */
  readonly uploads: readonly number[]
  /** Lets the next build fail at this step. */
  readonly failAt: (step: string) => void
}

const requestSchema = z.looseObject({
  name: z.string(),
  tags: z.array(z.string()).default([]),
  cpuCount: z.number().optional(),
  memoryMB: z.number().optional(),
})
const triggerSchema = z.looseObject({
  fromImage: z.string().optional(),
  fromTemplate: z.string().optional(),
  steps: z.array(z.looseObject({ type: z.string(), args: z.array(z.string()) })),
})
const tagSchema = z.object({ target: z.string(), tags: z.array(z.string()) })

export async function fakeE2b(apiKey = 'e2b_0123456789abcdef0123456789abcdef01234567'): Promise<FakeE2b> {
  const builds: AskedBuild[] = []
  const uploads: number[] = []
  const asked = new Map<string, z.infer<typeof requestSchema>>()
  const tags = new Map<string, Map<string, string>>()
  const failed = new Set<string>()
  let failing: string | undefined
  const server = createServer((request, response) => void answer(request, response))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body?: unknown) => {
      const bytes = body === undefined ? '' : JSON.stringify(body)
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) })
      response.end(bytes)
    }
    const bytes = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
    const { pathname } = new URL(request.url ?? '', 'http://e2b')
    if (pathname === '/upload') {
      uploads.push(bytes.length)
      return send(200)
    }
    if (request.headers['x-api-key'] !== apiKey) return send(401, { code: 401, message: 'Invalid API key' })
    const json = (): unknown => JSON.parse(bytes.toString())
    const [, first, second, third, fourth] = pathname.split('/').filter((part) => part !== 'v2' && part !== 'v3')
    if (request.method === 'POST' && first === 'templates' && second === undefined) {
      const wanted = requestSchema.parse(json())
      const buildID = `build-${asked.size}`
      asked.set(buildID, wanted)
      const { name } = wanted
      return send(202, {
        templateID: name,
        buildID,
        tags: wanted.tags,
        names: [name],
        aliases: [name],
        public: false,
      })
    }
    if (third === 'files') {
      const { port } = server.address() as { port: number }
      return send(201, { present: false, url: `http://127.0.0.1:${port}/upload` })
    }
    if (third === 'builds' && request.method === 'POST') {
      const [{ fromImage, fromTemplate, steps }, wanted] = [triggerSchema.parse(json()), asked.get(fourth ?? '')]
      if (wanted === undefined) return send(404, { code: 404, message: 'no such build' })
      builds.push({ ...wanted, fromImage, fromTemplate, steps })
      if (failing !== undefined) failed.add(fourth ?? '')
      else for (const tag of wanted.tags) remember(wanted.name, tag, fourth ?? '')
      return send(202)
    }
    if (third === 'builds') {
      const offset = Number(new URL(request.url ?? '', 'http://e2b').searchParams.get('logsOffset') ?? 0)
      const log = [{ timestamp: new Date().toISOString(), level: 'info', message: 'building' }]
      const status = failed.has(fourth ?? '') ? 'error' : 'ready'
      const reason = status === 'error' ? { message: 'command failed', step: failing, logEntries: [] } : undefined
      return send(200, {
        templateID: second,
        buildID: fourth,
        status,
        logEntries: log.slice(offset),
        logs: [],
        reason,
      })
    }
    if (first === 'templates' && second === 'tags' && request.method === 'POST') {
      const { target, tags: more } = tagSchema.parse(json())
      const [name = '', tag = ''] = target.split(':')
      const build = tags.get(name)?.get(tag)
      if (build === undefined) return send(404, { code: 404, message: `template '${target}' not found` })
      for (const one of more) remember(name, one, build)
      return send(201, { buildID: build, tags: more })
    }
    if (third === 'tags') {
      const known = tags.get(second ?? '')
      if (known === undefined) return send(404, { code: 404, message: 'template not found' })
      return send(
        200,
        [...known].map(([tag, buildID]) => ({ tag, buildID, createdAt: new Date().toISOString() })),
      )
    }
    send(404, { code: 404, message: `nothing at ${pathname}` })
  }

  function remember(name: string, tag: string, build: string): void {
    const known = tags.get(name) ?? new Map<string, string>()
    tags.set(name, known.set(tag, build))
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    account: { apiKey, apiUrl: `http://127.0.0.1:${port}` },
    builds,
    uploads,
    failAt: (step) => {
      failing = step
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
