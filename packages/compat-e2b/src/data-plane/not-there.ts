import type { ServerResponse } from 'node:http'
import { sendJson } from '../http/reply.ts'

/** A sandbox that is over, paused or never was: clients tell it by the status alone. */
export function sendNotFound(response: ServerResponse, sandboxId: string): void {
  sendJson(response, { status: 502, body: { sandboxId, message: 'The sandbox was not found', code: 502 } })
}

/** The sandbox runs, and nobody listens on that port. */
export function sendPortClosed(response: ServerResponse, sandboxId: string, port: number): void {
  const message = 'The sandbox is running but port is not open'
  sendJson(response, { status: 502, body: { message, sandboxId, port, code: 502 } })
}
