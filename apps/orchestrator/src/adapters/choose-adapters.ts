import type { SandboxAdapter } from '@caisson/core'
import type { Logger } from 'pino'
import { healthOf } from '../services/adapter-states.ts'
import { type AdapterChoice, automaticChoices, formatChoice } from './adapter-choice.ts'

/** Why an adapter would be of no use here. */
export interface Shortcoming {
  readonly reason: string
  readonly remedy?: string | undefined
}

/** Makes the adapter; with `isNamed` it does so in any case, else it may say instead what is missing. */
export type Wire = (choice: AdapterChoice, isNamed: boolean) => Promise<SandboxAdapter | Shortcoming>

/**
 * The adapters that are on: those that were named, whatever their health; or else those that are healthy now, and the container tier of the local
 * adapter in any case, so that decisions can tell what it lacks.
 */
export async function chooseAdapters(
  chosen: 'auto' | readonly AdapterChoice[],
  wire: Wire,
  logger: Pick<Logger, 'info'>,
): Promise<readonly SandboxAdapter[]> {
  const attempts = await Promise.allSettled(
    (chosen === 'auto' ? automaticChoices : chosen).map(async (choice) => {
      const isNamed = chosen !== 'auto' || (choice.adapter === 'local' && choice.tier === 'container')
      const wired = await wire(choice, isNamed)
      const why = 'reason' in wired ? wired : isNamed ? undefined : await illness(wired)
      if (why === undefined && !('reason' in wired)) return wired
      logger.info({ adapter: formatChoice(choice), ...why }, 'an adapter is off')
      if (!('reason' in wired)) await wired[Symbol.asyncDispose]()
      return undefined
    }),
  )
  const on = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? (attempt.value ?? []) : []))
  const failed = attempts.find((attempt) => attempt.status === 'rejected')
  if (failed === undefined) return on
  await Promise.all(on.map(async (adapter) => await adapter[Symbol.asyncDispose]()))
  throw failed.reason
}

async function illness(adapter: SandboxAdapter): Promise<Shortcoming | undefined> {
  const { status, reason, remedy } = await healthOf(adapter)
  return status === 'unavailable' ? { reason: reason ?? 'it is not available', remedy } : undefined
}
