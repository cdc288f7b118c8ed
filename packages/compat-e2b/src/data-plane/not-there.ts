import type { ServerResponse } from 'node:http'
import { sendJson } from '../http/reply.ts'

/** A sandbox that is over, paused or never was: clients tell it by the status alone. */
export function sendNotFound(response: ServerResponse, sandboxId: string): void {
  sendJson(response, { status: 502, body: { sandboxId, message: 'The sandbox was not found', code: 502 } })
}

/** The sandbox runs, and nobody listens on that port. */
export function sendPortClosed(
  response: ServerResponse,
  { sandboxId, port, isBrowser }: { readonly sandboxId: string; readonly port: number; readonly isBrowser: boolean },
): void {
  const message = 'The sandbox is running but port is not open'
  if (!isBrowser || response.headersSent)
    return sendJson(response, { status: 502, body: { message, sandboxId, port, code: 502 } })
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Closed Port Error</title></head>
<body><h1>Nobody listens on port ${port}</h1><p>The sandbox ${sandboxId} runs. Start a server in it, or reload this page when it has started.</p></body></html>
`
  response.writeHead(502, { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(page) })
  response.end(page)
}
