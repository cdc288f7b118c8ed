import { type AdapterCapabilities, hourMs } from '@caisson/core'

/** What sandboxes of this adapter can do. Without root there are no control groups, so less is held and less is offered. */
export function capabilities(privilege: 'root' | 'rootless', templates: readonly string[]): AdapterCapabilities {
  const root = privilege === 'root'
  return {
    isolation: 'container',
    features: [
      'terminal',
      'watch',
      'attach',
      'ports',
      'egress-allow',
      ...(root ? (['pause', 'metrics'] as const) : []),
    ],
    limits: root ? ['cpus', 'memory', 'disk', 'pids'] : ['disk', 'pids'],
    templates: [...templates],
    maxTtlMs: 30 * 24 * hourMs,
    locality: 'machine',
    price: { currency: 'USD', perCpuHour: 0, perGibHour: 0, source: 'the machine is there anyway', asOf: '2026-11-21' },
  }
}
