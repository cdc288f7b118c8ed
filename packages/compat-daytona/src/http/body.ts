import type { IncomingMessage } from 'node:http'
import { readJson as readBody } from '@caisson/compat-kit'
import { z } from 'zod'
import { DaytonaError } from '../daytona-error.ts'

/** The body of a request as JSON; an empty one counts as `{}`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  return await readBody(
    request,
    (status, message, cause) =>
      new DaytonaError(status, message, { ...(status === 400 ? { code: 'INVALID_REQUEST_BODY' } : {}), cause }),
  )
}

/** The value if it is of that shape; else 400 with the field at fault. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  throw new DaytonaError(400, `${field === '' ? 'request' : field}: ${issue?.message ?? 'not valid'}`)
}

/**
 * The shape of a request that Daytona describes as `Dto`. The build breaks when Daytona adds a field that is not named here, or changes one so that
 * it would be refused.
 */
export function bodyOf<Dto extends object>() {
  return <Shape extends Record<keyof Dto, z.ZodType>>(
    shape: Shape & (Dto extends z.input<z.ZodObject<Shape>> ? unknown : 'Daytona allows what this refuses'),
  ): z.ZodObject<Shape> => z.object(shape)
}
