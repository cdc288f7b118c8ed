import type { IncomingMessage } from 'node:http'
import { mib } from '@caisson/core'
import type { z } from 'zod'
import { E2bError } from '../e2b-error.ts'

const longestBytes = 8 * mib
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The body of a request as JSON; an empty one counts as `{}`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.byteLength
    if (size > longestBytes) throw new E2bError(413, `the request exceeds ${longestBytes} bytes`)
    parts.push(part)
  }
  if (size === 0) return {}
  try {
    return JSON.parse(decoder.decode(Buffer.concat(parts)))
  } catch (cause) {
    throw new E2bError(400, 'the request is not JSON in UTF-8', { cause })
  }
}

/** The value if it is of that shape; else 400 with the field at fault. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  throw new E2bError(400, `${field === '' ? 'request' : field}: ${issue?.message ?? 'not valid'}`)
}
