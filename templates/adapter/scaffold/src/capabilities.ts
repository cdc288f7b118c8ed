import { type AdapterCapabilities, hourMs } from '@caisson/core'

export const capabilities: AdapterCapabilities = {
  isolation: 'container',
  features: ['terminal', 'watch', 'attach', 'users', 'pause', 'metrics'],
  limits: ['cpus', 'memory', 'disk', 'pids'],
  templates: ['base'],
  maxTtlMs: 24 * hourMs,
  locality: 'remote',
  price: { currency: 'USD', perCpuHour: 0, perGibHour: 0, source: 'not known yet', asOf: '2026-11-21' },
}
