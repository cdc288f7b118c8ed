import type { SandboxSpec } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'

interface Mount {
  readonly name: string
  readonly path: string
}

/** The volumes that a caller names, as the adapters know them. */
export async function volumesOf(
  _services: Services,
  mounts: readonly Mount[],
  _caller: E2bCaller,
): Promise<NonNullable<SandboxSpec['volumes']>> {
  if (mounts.length > 0) throw new E2bError(400, 'volumeMounts: volumes cannot be mounted here')
  return []
}
