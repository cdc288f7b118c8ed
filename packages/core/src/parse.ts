import type { z } from 'zod'
import { OperationError, type OperationErrorCode } from './errors.ts'

/** `value` as the schema's type, or an `OperationError` that names the first field at fault. */
export function parseOrThrow<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  code: OperationErrorCode,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const field = issue === undefined || issue.path.length === 0 ? undefined : issue.path.map(String).join('.')
  throw new OperationError(
    code,
    `${what}${field === undefined ? '' : `, field ${field}`}: ${issue?.message ?? 'not valid'}`,
    { field, cause: parsed.error },
  )
}
