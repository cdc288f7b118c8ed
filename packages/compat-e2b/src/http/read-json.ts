import type { IncomingMessage } from 'node:http'
import { readJson as readBody } from '@caisson/compat-kit'
import type { z } from 'zod'
import { E2bError } from '../e2b-error.ts'

/** The body of a request as JSON; an empty one counts as `{}`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  return await readBody(request, (status, message, cause) => new E2bError(status, message, { cause }))
}

/** The value if it is of that shape; else 400 with the field at fault. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  throw new E2bError(400, `${field === '' ? 'request' : field}: ${issue?.message ?? 'not valid'}`)
}
