import type { GatewayCaller } from '@caisson/compat-kit'
import { minuteMs } from '@caisson/core'
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

/** Longer than making anything takes: who held a name and is silent for so long is dead. */
const staleMs = 30 * minuteMs
const heldSchema = z.object({ atMs: z.number() })

interface Named {
  readonly kind: 'sandbox' | 'snapshot' | 'volume'
  readonly name: string | undefined
  readonly caller: GatewayCaller
}

/**
 * Makes something with a name while nobody else, on whatever replica, makes one of the same name: otherwise 409. Looking whether there is one already
 * belongs into `make`.
 */
export async function withName<Value>(
  { host: { records } }: Services,
  { kind, name, caller: { organization } }: Named,
  make: () => Promise<Value>,
): Promise<Value> {
  if (name === undefined) return await make()
  const id = `${kind}/${organization}/${name}`
  const held = (await records.get('name', id))?.value
  const since = heldSchema.safeParse(held)
  if (since.success && since.data.atMs < Date.now() - staleMs) await records.remove('name', organization, id)
  if ((await records.add('name', organization, id, { atMs: Date.now() })) === 'taken')
    throw new DaytonaError(409, `a ${kind} named ${name} is being made`)
  try {
    return await make()
  } finally {
    await records.remove('name', organization, id)
  }
}
