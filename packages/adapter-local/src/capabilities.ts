import { type AdapterCapabilities, hourMs } from '@caisson/core'

const common = {
  maxTtlMs: 30 * 24 * hourMs,
  locality: 'machine',
  price: { currency: 'USD', perCpuHour: 0, perGibHour: 0, source: 'the machine is there anyway', asOf: '2026-11-21' },
} as const

/** What sandboxes of the container tier can do. Without root there are no control groups, so less is held and less is offered. */
export function containerCapabilities(
  privilege: 'root' | 'rootless',
  templates: () => readonly string[],
): AdapterCapabilities {
  const root = privilege === 'root'
  return {
    isolation: 'container',
    features: [
      'terminal',
      'watch',
      'attach',
      'code',
      'ports',
      'egress-allow',
      'egress-networks',
      'egress-headers',
      'set-egress',
      ...(root ? (['pause', 'metrics', 'volumes'] as const) : []),
    ],
    limits: root ? ['cpus', 'memory', 'disk', 'pids', 'volume'] : ['disk', 'pids'],
    // Built ones come while the adapter is in use.
    get templates() {
      return [...templates()]
    },
    ...common,
  }
}

/** What sandboxes of the gVisor tier can do, which needs root in any case. */
export function gvisorCapabilities(templates: () => readonly string[]): AdapterCapabilities {
  return {
    isolation: 'gvisor',
    features: [
      'terminal',
      'watch',
      'attach',
      'ports',
      'egress-allow',
      'egress-networks',
      'egress-headers',
      'set-egress',
      'code',
      'pause',
      'snapshot',
      'fork',
      'metrics',
      'volumes',
    ],
    limits: ['cpus', 'memory', 'disk', 'pids', 'volume'],
    // Built ones come while the adapter is in use.
    get templates() {
      return [...templates()]
    },
    ...common,
  }
}
