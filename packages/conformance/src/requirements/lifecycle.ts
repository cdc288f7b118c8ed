import type { Requirement } from '../requirement.ts'

export const lifecycleRequirements: readonly Requirement[] = [
  {
    id: 'lifecycle.create-runs',
    source: 'SandboxAdapter.create',
    behaviour: 'A process can start as soon as create has resolved, and its output is its own.',
  },
  {
    id: 'lifecycle.empty-spec',
    source: 'sandboxSpecSchema',
    behaviour: 'The empty spec gives the default template, a life of five minutes and no labels.',
  },
  {
    id: 'lifecycle.ids-unique',
    source: 'sandboxIdSchema',
    behaviour: 'Sandboxes created at the same time have different, valid ids and do not share files.',
  },
  {
    id: 'lifecycle.info',
    source: 'SandboxInfo',
    behaviour: 'info tells id, adapter, template, state, labels, creation and end as they are.',
  },
  {
    id: 'lifecycle.connect',
    source: 'SandboxAdapter.connect',
    behaviour: 'Another instance of the adapter connects by id and sees the same files.',
  },
  {
    id: 'lifecycle.connect-unknown',
    source: 'SandboxAdapter.connect',
    behaviour: 'Connecting to an id that never existed is sandbox-not-found.',
  },
  {
    id: 'lifecycle.connect-destroyed',
    source: 'SandboxAdapter.connect',
    behaviour: 'Connecting to a destroyed sandbox is sandbox-not-found, also from another instance.',
  },
  {
    id: 'lifecycle.list-contains',
    source: 'SandboxAdapter.list',
    behaviour: 'A living sandbox is listed once, by another instance too, with the same info.',
  },
  {
    id: 'lifecycle.list-labels',
    source: 'SandboxQuery.labels',
    behaviour: 'A query returns exactly the sandboxes that carry all of its labels.',
  },
  {
    id: 'lifecycle.list-forgets',
    source: 'SandboxAdapter.list',
    behaviour: 'A destroyed sandbox is listed no more.',
  },
  {
    id: 'lifecycle.destroy-idempotent',
    source: 'Sandbox.destroy',
    behaviour: 'The first destroy says destroyed, every later one absent.',
  },
  {
    id: 'lifecycle.destroy-by-id',
    source: 'SandboxAdapter.destroy',
    behaviour: 'Another instance destroys by id; afterwards the sandbox is truly gone.',
  },
  {
    id: 'lifecycle.destroy-unknown',
    source: 'SandboxAdapter.destroy',
    behaviour: 'Destroying an id that never existed says absent.',
  },
  {
    id: 'lifecycle.destroy-while-running',
    source: 'Sandbox',
    behaviour: 'Whoever waits for a process of a sandbox that is destroyed gets sandbox-not-found.',
  },
  {
    id: 'lifecycle.calls-after-destroy',
    source: 'Sandbox',
    behaviour: 'Every call on a handle of a destroyed sandbox rejects with sandbox-not-found.',
  },
  {
    id: 'lifecycle.dispose-destroys',
    source: 'Sandbox',
    behaviour: 'Disposing a handle destroys the sandbox.',
  },
  {
    id: 'lifecycle.detach-keeps',
    source: 'Sandbox.detach',
    behaviour: 'After detach the sandbox and its processes live on.',
  },
  {
    id: 'lifecycle.adapter-dispose-keeps',
    source: 'SandboxAdapter',
    behaviour: 'Disposing an adapter leaves its sandboxes alive for another instance.',
  },
  {
    id: 'lifecycle.ttl',
    source: 'SandboxSpec.ttlMs',
    behaviour: 'A sandbox lives until its time is over, and then ends by itself.',
  },
  {
    id: 'lifecycle.extend-longer',
    source: 'Sandbox.extend',
    behaviour: 'An extended sandbox outlives its first end.',
  },
  {
    id: 'lifecycle.extend-shorter',
    source: 'Sandbox.extend',
    behaviour: 'extend can bring the end nearer.',
  },
  {
    id: 'lifecycle.extend-too-long',
    source: 'Sandbox.extend',
    behaviour: 'More than the declared longest life is invalid-argument, and the end stays as it was.',
  },
  {
    id: 'lifecycle.create-aborted',
    source: 'SandboxAdapter.create',
    behaviour: 'A create that is aborted on the way rejects with cancelled and leaves nothing, then or later.',
  },
  {
    id: 'lifecycle.create-late',
    source: 'CallOptions.deadline',
    behaviour: 'A create whose deadline has passed rejects with timeout and leaves nothing.',
  },
  {
    id: 'lifecycle.template-unknown',
    source: 'SandboxAdapter.create',
    behaviour: 'A template that does not exist is template-not-found and leaves nothing.',
  },
  {
    id: 'lifecycle.spec-field',
    source: 'ErrorDetails.field',
    behaviour: 'A spec that is not valid is refused with invalid-argument and the field at fault.',
  },
  {
    id: 'lifecycle.probe',
    source: 'SandboxAdapter.probe',
    behaviour: 'probe says healthy when create works, and when it looked.',
  },
  {
    id: 'lifecycle.restricted',
    source: 'Sandbox.restricted',
    behaviour: 'The restricted view works and has no member that ends, prolongs or opens the sandbox.',
  },
  {
    id: 'lifecycle.sweep-spares',
    source: 'SandboxAdapter.sweep',
    behaviour: 'sweep, where there is one, never touches a living sandbox.',
  },
]
