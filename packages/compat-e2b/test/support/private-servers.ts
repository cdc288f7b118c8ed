import type { EgressPolicy, Sandbox, SandboxAdapter } from '@caisson/core'

/** The adapter with every allowed name leading to this machine as well, where the servers of a test are. */
export function reachingThisMachine(adapter: SandboxAdapter): SandboxAdapter {
  const wrapped = (sandbox: Sandbox): Sandbox => {
    const { setEgress } = sandbox
    if (setEgress === undefined) return sandbox
    return { ...sandbox, setEgress: async (policy, call) => await setEgress(widened(policy), call) }
  }
  return {
    ...adapter,
    create: async (spec, call) =>
      wrapped(await adapter.create({ ...spec, ...(spec.egress && { egress: widened(spec.egress) }) }, call)),
    connect: async (id, call) => wrapped(await adapter.connect(id, call)),
  }
}

function widened(policy: EgressPolicy): EgressPolicy {
  if (policy.mode === 'none') return policy
  const hosts = [...new Set(policy.rules.map(({ host }) => host))]
  return { ...policy, rules: hosts.map((host) => ({ host, port: 'any', allowPrivateAddress: true })) }
}
