import type { PolicyInput } from '../policy-schema.ts'
import { registries } from './registries.ts'
import { databaseRead, entityWrite, restrictedStaysHere, riskyOffTheHost } from './shared.ts'

/** Each kind of operation where it belongs by its nature. */
export const defaults: PolicyInput = {
  name: 'caisson-default',
  version: '2',
  registries,
  classes: {
    untrusted: {
      description: 'Code, files and endpoints that nobody vouches for: the strongest isolation that is there.',
      isolation: 'container',
      ideal: 'microvm',
      prefer: 'strongest',
      egress: { hosts: 'any', privateAddresses: true },
      permissions: { ports: 'any', packages: 'any' },
    },
    fleet: {
      description: 'Many sandboxes, or one for a long time: a container fleet.',
      isolation: 'container',
      prefer: ['daytona', 'kubernetes', 'docker'],
      egress: { hosts: 'any', privateAddresses: true },
      permissions: { ports: 'any', packages: 'any' },
    },
    internal: {
      description: 'Code of our own people: isolated from others, and cheap.',
      isolation: 'container',
      prefer: 'cheapest',
      egress: { hosts: 'any', privateAddresses: true },
      permissions: { ports: 'any', packages: 'any' },
    },
  },
  rules: [
    databaseRead,
    entityWrite,
    {
      id: 'tool-in-sandbox',
      when: { kind: 'tool.call', trust: 'untrusted', task: true },
      then: { place: 'sandbox', class: 'untrusted' },
      reason: 'untrusted-tool-call',
      text: 'A call that nobody vouches for runs in a sandbox, since it can.',
    },
    {
      id: 'tool-after-approval',
      when: { kind: 'tool.call', trust: 'untrusted' },
      then: { place: 'host', approval: 'required' },
      reason: 'tool-call-needs-approval',
      text: 'A call that nobody vouches for, and that no sandbox can take over, waits for a person.',
    },
    {
      id: 'tool-call',
      when: { kind: 'tool.call' },
      then: { place: 'host' },
      reason: 'trusted-tool-call',
      text: 'Somebody vouches for this call, so its owner may carry it out.',
    },
    {
      id: 'document-parse',
      when: { kind: 'document.parse' },
      then: { place: 'sandbox', class: 'untrusted' },
      reason: 'untrusted-file-content',
      text: 'An uploaded document is untrusted file content.',
    },
    {
      id: 'http-request',
      when: { kind: 'http.request' },
      then: { place: 'sandbox', class: 'untrusted' },
      reason: 'untrusted-external-endpoint',
      text: 'What a third party answers is untrusted.',
    },
    {
      id: 'agents-parallel',
      when: { kind: 'agents.parallel' },
      then: { place: 'sandbox', class: 'fleet' },
      reason: 'isolation-and-parallelism',
      text: 'Parallel agents need isolation from each other and room to run at one time.',
    },
    {
      id: 'batch-run',
      when: { kind: 'batch.run' },
      then: { place: 'sandbox', class: 'fleet' },
      reason: 'long-running-and-resource-intensive',
      text: 'A batch is long-running and resource-intensive.',
    },
    {
      id: 'internal-code',
      when: { kind: ['code.execute', 'command.run'], trust: ['trusted', 'internal'] },
      then: { place: 'sandbox', class: 'internal' },
      reason: 'internal-code',
      text: 'Code that people of this organization vouch for still runs apart from the host.',
    },
    {
      id: 'untrusted-code',
      when: { kind: ['code.execute', 'command.run'] },
      then: { place: 'sandbox', class: 'untrusted' },
      reason: 'untrusted-code',
      text: 'Code that an AI wrote, or that nobody vouches for, is untrusted.',
    },
  ],
  guards: [
    restrictedStaysHere,
    {
      id: 'restricted-read',
      when: { kind: 'database.read', sensitivity: 'restricted', trust: 'untrusted' },
      then: { approval: 'required' },
      reason: 'restricted-read-needs-approval',
      text: 'A person has to agree before restricted data is read for somebody untrusted.',
    },
    {
      id: 'untrusted-stays-outside',
      when: { trust: 'untrusted' },
      then: { egress: { hosts: 'any', privateAddresses: false } },
      reason: 'no-private-addresses',
      text: 'Untrusted operations reach no loopback, link-local or private address.',
    },
    riskyOffTheHost,
    {
      id: 'hostile-cut-off',
      when: { findings: { atLeast: 'hostile' } },
      then: { ideal: 'microvm', egress: { hosts: [] } },
      reason: 'hostile-content',
      text: 'Inspection found something hostile: it reaches nothing, and a virtual machine would be better.',
    },
  ],
}
