import { freeOfCharge } from '@caisson/adapter-kit'
import { type AdapterCapabilities, type Feature, hourMs } from '@caisson/core'

const common = {
  maxTtlMs: 30 * 24 * hourMs,
  locality: 'machine',
  price: freeOfCharge,
} as const

/** What both tiers can do. */
const always: readonly Feature[] = [
  'terminal',
  'watch',
  'attach',
  'code',
  'ports',
  'egress-allow',
  'egress-networks',
  'egress-headers',
  'set-egress',
]

/** What sandboxes of the container tier can do. Without root there are no control groups, so less is held and less is offered. */
export function containerCapabilities(
  privilege: 'root' | 'rootless',
  templates: () => readonly string[],
): AdapterCapabilities {
  const root = privilege === 'root'
  return {
    isolation: 'container',
    features: [...always, ...(root ? (['pause', 'metrics', 'volumes'] as const) : [])],
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
    features: [...always, 'pause', 'snapshot', 'fork', 'metrics', 'volumes'],
    limits: ['cpus', 'memory', 'disk', 'pids', 'volume'],
    // Built ones come while the adapter is in use.
    get templates() {
      return [...templates()]
    },
    ...common,
  }
}
