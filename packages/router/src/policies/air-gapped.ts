import type { PolicyInput } from '../policy-schema.ts'
import { databaseRead, entityWrite, riskyOffTheHost } from './shared.ts'

/** Nothing leaves the machine: no sandbox elsewhere, no destination, no package registry. */
export const airGapped: PolicyInput = {
  name: 'caisson-air-gapped',
  version: '1',
  classes: {
    here: {
      description: 'The strongest isolation of this machine, cut off from everything.',
      isolation: 'container',
      ideal: 'gvisor',
      prefer: 'strongest',
      locality: 'machine',
      permissions: { ports: 'any' },
    },
  },
  rules: [
    {
      id: 'http-request',
      when: { kind: 'http.request' },
      then: { place: 'denied' },
      reason: 'air-gapped',
      text: 'Nothing is requested from elsewhere.',
    },
    databaseRead,
    entityWrite,
    {
      id: 'tool-in-sandbox',
      when: { kind: 'tool.call', task: true },
      then: { place: 'sandbox', class: 'here' },
      reason: 'tool-call-cut-off',
      text: 'What a sandbox can take over cannot reach anything there.',
    },
    {
      id: 'tool-call',
      when: { kind: 'tool.call' },
      then: { place: 'host', approval: 'required' },
      reason: 'tool-call-needs-approval',
      text: 'Where a tool of the caller leads nobody here can tell, so a person is asked.',
    },
    {
      id: 'everything-else',
      then: { place: 'sandbox', class: 'here' },
      reason: 'stays-here',
      text: 'Everything runs in a sandbox of this machine.',
    },
  ],
  guards: [
    {
      id: 'nothing-leaves',
      then: { locality: 'machine', egress: { hosts: [] }, permissions: { packages: [] } },
      reason: 'air-gapped',
      text: 'Nothing leaves the machine, whatever other rules say.',
    },
    riskyOffTheHost,
  ],
}
