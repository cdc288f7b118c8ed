import type { GatewayCaller } from '@caisson/compat-kit'
import { z } from 'zod'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'

export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, 'letters, digits, "_", ".", ":" and "-", at most 128')

export async function assertNameIsFree(
  { registry }: Services,
  name: string | undefined,
  caller: GatewayCaller,
): Promise<void> {
  if (name === undefined) return
  const all = await registry.list(caller)
  if (all.some((record) => record.name === name)) throw new DaytonaError(409, `a sandbox named ${name} exists`)
}
