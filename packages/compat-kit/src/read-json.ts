import type { IncomingMessage } from 'node:http'
import { mib } from '@caisson/core'

const longestBytes = 8 * mib
const decoder = new TextDecoder('utf-8', { fatal: true })

/** A refusal as the clients of a vendor read it. */
export type Refuse = (status: 400 | 413, message: string, cause?: unknown) => Error

/** The body of a request as JSON; an empty one counts as `{}`. Throws what `refuse` makes of one that is none, or is too long. */
export async function readJson(request: IncomingMessage, refuse: Refuse): Promise<unknown> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.byteLength
    if (size > longestBytes) throw refuse(413, `the request exceeds ${longestBytes} bytes`)
    parts.push(part)
  }
  if (size === 0) return {}
  try {
    return JSON.parse(decoder.decode(Buffer.concat(parts)))
  } catch (cause) {
    throw refuse(400, 'the request is not JSON in UTF-8', cause)
  }
}
