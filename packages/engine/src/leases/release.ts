import { type Sandbox, toErrorData } from '@caisson/core'
import { spanNames } from '@caisson/tracing'
import type { Lease } from '../ports/lease-store.ts'
import type { Work } from '../work.ts'
import { answerOf } from '../runs/answer-of.ts'
import { keepLease } from './keep-lease.ts'
import { endLease } from './lease-log.ts'

/**
 * Gives a sandbox back: keeps that of a session for a while, destroys every other. A failure to destroy is logged and left to recovery;
 * the sandbox's own end of life comes in any case.
 */
export async function release(
  work: Work,
  { lease, sandbox, keep }: { readonly lease: Lease; readonly sandbox?: Sandbox | undefined; readonly keep: boolean },
): Promise<void> {
  const span = work.span.startSpan({ name: spanNames.release, type: 'span', metadata: { adapter: lease.adapter } })
  const { output, failure } = await giveBack(work, { lease, sandbox, keep })
  const costUsd = output === 'kept' ? await keepLease(work, lease) : await endLease(work, lease)
  span.end({
    output,
    metadata: { costUsd },
    ...(failure === undefined ? {} : { level: 'warning', statusMessage: failure }),
  })
}

interface GivenBack {
  readonly output?: 'kept' | 'destroyed'
  readonly failure?: string
}

async function giveBack(work: Work, { lease, sandbox, keep }: Parameters<typeof release>[1]): Promise<GivenBack> {
  const { adapters, limits, logger } = work.services
  try {
    if (keep && sandbox !== undefined) {
      await answerOf(async (options) => await sandbox.extend(limits.sessionMs, options), limits)
      await sandbox.detach()
      return { output: 'kept' }
    }
    const adapter = adapters.get(lease.adapter)?.adapter
    await answerOf(async (options) => {
      if (sandbox !== undefined) await sandbox.destroy(options)
      else if (lease.sandbox !== undefined) await adapter?.destroy(lease.sandbox, options)
    }, limits)
    return { output: 'destroyed' }
  } catch (error) {
    const data = toErrorData(error)
    logger.warn({ adapter: lease.adapter, sandbox: lease.sandbox, error: data }, 'a sandbox could not be released')
    return { failure: data.message }
  }
}
