import { type CallOptions, isSandboxError } from '@caisson/core'
import { z } from 'zod'
import type { Context } from './context.ts'
import { endOfLife } from './expiry.ts'
import { findContainers, type Found } from './find-container.ts'
import { commonLabels, label } from './labels.ts'
import { isOver } from './owner.ts'
import { removeContainer } from './remove-container.ts'

/** A creation by another machine, whose processes cannot be seen, takes no longer than this. */
const longestCreationMs = 600_000

/** Removes what processes that are gone left half made, and what has ended or is past its time. What lives stays. */
export async function sweep(context: Context, options?: CallOptions): Promise<{ readonly removed: number }> {
  let removed = 0
  for (const found of await findContainers(context, undefined, options)) {
    if (await sweepSandbox(context, found)) removed += 1
  }
  for (const helper of await abandonedHelpers(context, options)) {
    if ((await removeContainer(context.engine, helper, options)) === 'destroyed') removed += 1
  }
  return { removed }
}

async function sweepSandbox(context: Context, found: Found): Promise<boolean> {
  try {
    if (isLeftover(found)) return (await removeContainer(context.engine, found.containerId)) === 'destroyed'
    if (found.expiresAtMs <= Date.now()) return await endOfLife(context, found)
  } catch (error) {
    // One that ends meanwhile is no reason to leave the others.
    if (!isSandboxError(error) || !['sandbox-not-found', 'conflict'].includes(error.code)) throw error
  }
  return false
}

function isLeftover({ state, owner, record }: Found): boolean {
  if (state === 'running' || state === 'paused') return false
  if (state === 'exited' || state === 'dead') return true
  return isOver(owner) || Date.now() - record.createdAtMs > longestCreationMs
}

const helpersSchema = z.array(
  z.object({ Id: z.string(), Created: z.number(), Labels: z.record(z.string(), z.string()).nullish() }),
)

async function abandonedHelpers({ engine, namespace }: Context, options?: CallOptions): Promise<readonly string[]> {
  const filters = {
    label: Object.entries(commonLabels(namespace, 'helper')).map(([name, value]) => `${name}=${value}`),
  }
  const helpers = await engine.call('engine', options, async (abortSignal) =>
    helpersSchema.parse(await engine.docker.listContainers({ all: true, filters, abortSignal })),
  )
  return helpers
    .filter(
      ({ Created, Labels }) => isOver(Labels?.[label.owner] ?? '') || Date.now() - Created * 1000 > longestCreationMs,
    )
    .map(({ Id }) => Id)
}
