import { type Operation, type SandboxSpec, toErrorData } from '@caisson/core'
import type { Lease } from '../ports/lease-store.ts'
import type { Work } from '../work.ts'

type Volumes = NonNullable<SandboxSpec['volumes']>

/** What the sandboxes of one run share: a volume that has the name of the run. */
export function sharedVolumes({ run, operation }: Pick<Work, 'run' | 'operation'>): Volumes {
  const share = shareOf(operation)
  return share === undefined ? [] : [{ name: volumeName(run), ...share }]
}

/** Removes what the sandboxes of a run shared, once they are gone, wherever a lease says that there were any. */
export async function removeShare(
  { services, organization, run, operation }: Work,
  leases: readonly Lease[],
): Promise<void> {
  if (shareOf(operation) === undefined) return
  const volume = { organization, name: volumeName(run) }
  for (const adapter of new Set(leases.map((lease) => lease.adapter))) {
    try {
      await services.adapters.get(adapter)?.adapter.volumes?.remove(volume)
    } catch (error) {
      services.logger.warn(
        { run, adapter, error: toErrorData(error) },
        'what the agents of a run shared could not be removed',
      )
    }
  }
}

function shareOf(operation: Operation): Extract<Operation, { kind: 'agents.parallel' }>['input']['share'] {
  return operation.kind === 'agents.parallel' ? operation.input.share : undefined
}

function volumeName(run: string): string {
  return `run-${run.toLowerCase()}`
}
