import type { CaissonClient } from '@caisson/client'
import { isOperationError, isSandboxError, toErrorData } from '@caisson/core'
import { formatDuration } from '../output/time.ts'
import { bad, type Finding, good, poor } from './finding.ts'

export interface ServiceReport {
  readonly findings: readonly Finding[]
  /** Whether operations can be run through it now, whatever this machine lacks. */
  readonly isUsable: boolean
}

/** The service, the key and the adapters that are on. One that nobody named need not run. */
export async function examineService(
  connect: () => CaissonClient,
  { isNamed, isListening }: { readonly isNamed: boolean; readonly isListening: () => Promise<boolean> },
): Promise<ServiceReport> {
  if (!isNamed && !(await isListening())) {
    return { isUsable: false, findings: [poor('service', 'service', 'none runs here', 'npm start')] }
  }
  try {
    const client = connect()
    const [status, caller, adapters, policy] = await Promise.all([
      client.status(),
      client.whoami(),
      client.adapters(),
      client.policy(),
    ])
    const isUsable = adapters.some(({ health }) => health.status !== 'unavailable')
    return {
      isUsable,
      findings: [
        good(
          'service',
          'service',
          `version ${status.version}, up for ${formatDuration(Date.now() - status.startedAtMs)}, ${status.database} database`,
        ),
        good('service', 'key', `${caller.keyName}, ${caller.role} of ${caller.organization}`),
        good('service', 'policy', `${policy.name} ${policy.version}`),
        ...adapters.map(({ name, capabilities, health }): Finding => {
          // One that is out is covered by another.
          const states = { healthy: 'good', degraded: 'poor', unavailable: isUsable ? 'poor' : 'bad' } as const
          const detail = `${health.status}, isolation ${capabilities.isolation}, answered in ${formatDuration(health.latencyMs)}`
          return {
            area: 'service',
            what: `adapter ${name}`,
            state: states[health.status],
            detail: health.reason === undefined ? detail : `${detail}: ${health.reason}`,
            remedy: health.remedy,
          }
        }),
      ],
    }
  } catch (error) {
    if (!isSandboxError(error) && !isOperationError(error)) throw error
    const { message, remedy } = toErrorData(error)
    return {
      isUsable: false,
      findings: [bad('service', 'service', message, remedy ?? 'look at its log')],
    }
  }
}
