import type { Requirement } from '../requirement.ts'

export const pauseRequirements: readonly Requirement[] = [
  {
    id: 'pause.freezes',
    source: 'Sandbox.pause',
    behaviour: 'A paused sandbox says so, and its processes stand still.',
    needs: ['pause'],
  },
  {
    id: 'pause.resumes',
    source: 'Sandbox.resume',
    behaviour: 'After resume the same processes go on where they were.',
    needs: ['pause'],
  },
  {
    id: 'pause.idempotent',
    source: 'Sandbox.pause',
    behaviour: 'Pausing and resuming twice is no error.',
    needs: ['pause'],
  },
  {
    id: 'pause.calls',
    source: 'Sandbox.pause',
    behaviour: 'A process asked for during a pause starts after it or is refused with conflict.',
    needs: ['pause'],
  },
  {
    id: 'pause.on-expiry',
    source: 'SandboxSpec.onExpiry',
    behaviour: 'A sandbox that shall pause when its time is over is paused and not destroyed.',
    needs: ['pause'],
  },
  {
    id: 'pause.destroy',
    source: 'Sandbox.destroy',
    behaviour: 'A paused sandbox can be destroyed.',
    needs: ['pause'],
  },
]

export const portRequirements: readonly Requirement[] = [
  {
    id: 'ports.echo',
    source: 'Ports.connect',
    behaviour: 'Bytes go to a listener on loopback and come back unharmed.',
    needs: ['ports'],
  },
  {
    id: 'ports.half-close',
    source: 'ByteChannel',
    behaviour: 'Closing the writable side is end of file for the listener, whose last answer still arrives.',
    needs: ['ports'],
  },
  {
    id: 'ports.nobody',
    source: 'Ports.connect',
    behaviour: 'A port on which nobody listens is unavailable.',
    needs: ['ports'],
  },
  {
    id: 'ports.own-sandbox',
    source: 'Ports',
    behaviour: 'Ports are those of the sandbox: the same number in another one is not reached.',
    needs: ['ports'],
  },
]

export const egressRequirements: readonly Requirement[] = [
  {
    id: 'egress.allowed',
    source: 'egressPolicySchema',
    behaviour: 'An allowed host and port is reached.',
    needs: ['egress-allow'],
  },
  {
    id: 'egress.other-port',
    source: 'egressRuleSchema',
    behaviour: 'Another port of an allowed host is not reached.',
    needs: ['egress-allow'],
  },
  {
    id: 'egress.no-rules',
    source: 'egressPolicySchema',
    behaviour: 'An empty list of rules reaches nothing.',
    needs: ['egress-allow'],
  },
  {
    id: 'egress.private-address',
    source: 'EgressRule.allowPrivateAddress',
    behaviour: 'A rule does not lead to a private address unless it says so.',
    needs: ['egress-allow'],
  },
  {
    id: 'egress.headers',
    source: 'egressHeadersSchema',
    behaviour:
      'Headers of the policy are in requests to their host, in the place of those of the program, and in no others.',
    needs: ['egress-allow', 'egress-headers'],
  },
  {
    id: 'egress.replaced',
    source: 'Sandbox.setEgress',
    behaviour: 'A new policy takes the place of the old one.',
    needs: ['egress-allow', 'set-egress'],
  },
]

export const metricRequirements: readonly Requirement[] = [
  {
    id: 'metrics.limits',
    source: 'SandboxMetrics',
    behaviour: 'Metrics tell now and the limits that hold.',
    needs: ['metrics', 'memory'],
  },
  {
    id: 'metrics.cpu',
    source: 'SandboxMetrics.cpuMs',
    behaviour: 'CPU time grows with work.',
    needs: ['metrics'],
  },
  {
    id: 'metrics.pids',
    source: 'SandboxMetrics.pids',
    behaviour: 'Running processes are counted.',
    needs: ['metrics'],
  },
]

export const contentRequirements: readonly Requirement[] = [
  {
    id: 'content.snapshot',
    source: 'Sandbox.snapshot',
    behaviour: 'A sandbox created from a snapshot has the files of that moment.',
    needs: ['snapshot'],
  },
  {
    id: 'content.fork',
    source: 'Sandbox.fork',
    behaviour: 'Forks go on from the state of the original, independent of it and of each other.',
    needs: ['fork'],
  },
]
