import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type CodeEvent, type CodeInterpreter, type CodeResult, environmentSchema } from '@caisson/core'
import {
  accessTokenHeader,
  createContextRequestSchema,
  executeRequestSchema,
  type ExecutionMessage,
} from '@caisson/wire-e2b'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import { parse, readJson } from '../http/read-json.ts'
import { sendJson } from '../http/reply.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { sameSecret } from '@caisson/compat-kit'
import { sendPortClosed } from '../data-plane/not-there.ts'
import { assertTraffic } from '../data-plane/serve-port.ts'
import { codePort } from '../data-plane/target.ts'

interface CodeExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly entry: Entry
}

const keepaliveMs = 5000

/** Answers requests for the code interpreter by core's own calls. */
export async function serveTranslatedCode(services: Services, exchange: CodeExchange): Promise<void> {
  const { request, response, url, entry } = exchange
  assertTraffic(services, entry, request)
  const { code } = entry.sandbox
  if (code === undefined)
    return sendPortClosed(response, { sandboxId: entry.record.id, port: codePort, isBrowser: false })
  const { pathname } = url
  const key = `${request.method ?? ''} ${pathname.replace(/^(\/contexts\/)[^/]+/, '$1:')}`
  const id = pathname.split('/')[2] ?? ''
  switch (key) {
    case 'GET /health':
      return sendJson(response, { status: 200, body: 'OK' })
    case 'GET /contexts':
      return sendJson(response, { status: 200, body: await code.listContexts() })
    case 'POST /contexts': {
      const { language, cwd } = parse(createContextRequestSchema, await readJson(request))
      const context = await code.createContext(language ?? 'python', { cwd: cwd ?? undefined })
      return sendJson(response, { status: 200, body: context })
    }
    case 'POST /contexts/:/restart':
      await code.restartContext(id)
      return sendJson(response, { status: 200 })
    case 'DELETE /contexts/:':
      if ((await code.removeContext(id)) === 'absent') throw new E2bError(404, `context ${id} not found`)
      return sendJson(response, { status: 204 })
    case 'POST /execute': {
      const isOurs = sameSecret(request.headers[accessTokenHeader], services.tokens.envd(entry.record.id))
      if (!isOurs) throw new E2bError(401, 'the access token is missing or wrong')
      return await execute(code, exchange)
    }
    default:
      throw new E2bError(404, 'there is nothing here')
  }
}

async function execute(code: CodeInterpreter, { request, response, entry }: CodeExchange): Promise<void> {
  const wish = parse(executeRequestSchema, await readJson(request))
  const gone = new AbortController()
  const cut = (): void => void response.destroy()
  entry.clients.add(cut)
  response.once('close', () => {
    entry.clients.delete(cut)
    gone.abort()
  })
  const events = await code.run(wish.code, {
    signal: gone.signal,
    ...(wish.context_id === undefined || wish.context_id === null ? {} : { context: wish.context_id }),
    ...(wish.language === undefined || wish.language === null ? {} : { language: wish.language }),
    env: parse(environmentSchema, wish.env_vars ?? {}),
  })
  const say = (message: ExecutionMessage): boolean => response.write(`${JSON.stringify(message)}\n`)
  response.writeHead(200, { 'content-type': 'application/json' })
  const keepalive = setInterval(() => say({ type: 'keepalive' }), keepaliveMs)
  try {
    for await (const event of events)
      for (const message of messagesOf(event)) if (!say(message)) await once(response, 'drain', { signal: gone.signal })
    response.end()
  } catch {
    // Without the line that ends it, clients know that it broke off.
    response.destroy()
  } finally {
    clearInterval(keepalive)
  }
}

function messagesOf(event: CodeEvent): readonly ExecutionMessage[] {
  switch (event.type) {
    case 'stdout':
    case 'stderr':
      return [{ type: event.type, text: event.text }]
    case 'result':
      return [resultOf(event.result)]
    case 'error': {
      const { name, value, traceback } = event
      return [{ type: 'error', name, value, traceback }]
    }
    case 'end':
      return [
        ...(event.executionCount === undefined
          ? []
          : [{ type: 'number_of_executions', execution_count: event.executionCount } as const]),
        { type: 'end_of_execution' },
      ]
  }
}

const names: Readonly<Record<string, string>> = {
  'text/plain': 'text',
  'text/html': 'html',
  'text/markdown': 'markdown',
  'image/svg+xml': 'svg',
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'application/pdf': 'pdf',
  'text/latex': 'latex',
  'application/javascript': 'javascript',
}

function resultOf({ main, data, chart, table }: CodeResult): ExecutionMessage {
  const known = Object.entries(data).flatMap(([mime, content]) =>
    names[mime] === undefined ? [] : [[names[mime], content]],
  )
  const { 'application/json': json } = data
  const extra = Object.entries(data).filter(([mime]) => names[mime] === undefined && mime !== 'application/json')
  return {
    type: 'result',
    is_main_result: main,
    ...Object.fromEntries(known),
    ...(json === undefined ? {} : { json: JSON.parse(json) }),
    ...(chart === undefined ? {} : { chart: toSnakeKeys(chart) }),
    ...(table === undefined ? {} : { data: table }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  }
}

/** The same value with its keys, at every depth, in snake case. */
function toSnakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnakeKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      toSnakeKeys(item),
    ]),
  )
}
