import { z } from 'zod'
import type { ExecuteRequest } from './code.ts'
import { connectErrorSchema } from './schemas.ts'

/** Runs a cell as `POST /execute` does. */
export interface CellRequest {
  /** Chosen by the client, and repeated in the answer. */
  readonly id: number
  /** Default: the default user of the sandbox. */
  readonly user?: string | undefined
  readonly execute: ExecuteRequest
}

/**
 * The answer: all that `POST /execute` would have told, if the cell is over already, and otherwise the name under which `GET /execute/:name` tells it from the
 * beginning and `DELETE /execute/:name` gives it up. So does nobody's asking for ten seconds.
 */
export const cellAnswerSchema = z.union([
  z.object({ id: z.int().min(0), lines: z.string() }),
  z.object({ id: z.int().min(0), execution: z.string().regex(/^[A-Za-z0-9-]{1,64}$/) }),
  z.object({ id: z.int().min(0), error: connectErrorSchema }),
])
/** Besides the id. */
export type CellAnswer = { readonly lines: string } | { readonly execution: string }
