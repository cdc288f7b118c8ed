import type { Lease, LeaseStore } from '../ports/lease-store.ts'

export function createMemoryLeaseStore(): LeaseStore {
  const leases = new Map<string, Lease>()
  const change = (organization: string, id: string, make: (lease: Lease) => Lease) => {
    const lease = leases.get(`${organization}/${id}`)
    if (lease !== undefined) leases.set(`${organization}/${id}`, make(lease))
  }
  const all = (keep: (lease: Lease) => boolean) => [...leases.values()].filter(keep)

  return {
    open: async (lease) => void leases.set(`${lease.organization}/${lease.id}`, lease),
    attach: async (organization, id, sandbox) => change(organization, id, (lease) => ({ ...lease, sandbox })),
    end: async (organization, id, end) =>
      change(organization, id, (lease) => (lease.endedAtMs === undefined ? { ...lease, ...end } : lease)),
    listByRun: async (organization, run) => all((lease) => lease.organization === organization && lease.run === run),
    findOpenBySandbox: async (adapter, sandbox) =>
      all((lease) => lease.adapter === adapter && lease.sandbox === sandbox && lease.endedAtMs === undefined)[0],
    listOpen: async (organization) =>
      all((lease) => lease.organization === organization && lease.endedAtMs === undefined),
  }
}
