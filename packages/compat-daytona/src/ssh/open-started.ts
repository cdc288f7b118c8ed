import { findSshAccess } from '../control/ssh.ts'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { noteActivity } from '../sandboxes/activity.ts'
import type { Entry } from '../sandboxes/entry.ts'
import type { SandboxRecord } from '../sandboxes/record.ts'

/** The sandbox to which a token of an SSH access leads, if it runs. */
export async function openStarted(
  services: Services,
  token: string,
): Promise<{ readonly record: SandboxRecord; readonly entry: Entry }> {
  const access = await findSshAccess(services, token)
  const record = access === undefined ? undefined : await services.registry.findAny(access.sandbox)
  if (record?.state !== 'started') throw new DaytonaError(409, 'the sandbox does not run')
  const entry = await services.registry.open(record)
  await noteActivity(services.host, record, entry)
  return { record, entry }
}
