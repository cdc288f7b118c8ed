import { createPolicy, type Policy } from '../policy.ts'

/** What holds unless somebody says otherwise: where each kind of operation belongs by its nature. */
export const defaultPolicy: Policy = createPolicy({
  name: 'caisson-default',
  version: '1',
  classes: {
    untrusted: {
      description: 'Code, files and endpoints that nobody vouches for: the strongest isolation that is there.',
      isolation: 'container',
      ideal: 'microvm',
      prefer: 'strongest',
      egress: { hosts: 'any', privateAddresses: true },
    },
    fleet: {
      description: 'Many sandboxes, or one for a long time: a container fleet.',
      isolation: 'container',
      prefer: ['daytona', 'kubernetes', 'docker'],
      egress: { hosts: 'any', privateAddresses: true },
    },
    internal: {
      description: 'Code of our own people: isolated from others, and cheap.',
      isolation: 'container',
      prefer: 'cheapest',
      egress: { hosts: 'any', privateAddresses: true },
    },
  },
  rules: [
    {
      id: 'database-read',
      when: { kind: 'database.read' },
      then: { place: 'host' },
      reason: 'trusted-internal-operation',
      text: 'A named query of a function that the host registered is a trusted internal operation.',
    },
    {
      id: 'entity-write',
      when: { kind: 'entity.write' },
      then: { place: 'host', approval: 'required' },
      reason: 'write-needs-approval',
      text: 'A write changes what others rely on, so it goes through the approval gateway.',
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
    {
      id: 'restricted-stays-here',
      when: { sensitivity: 'restricted' },
      then: { locality: 'machine' },
      reason: 'restricted-data',
      text: 'Restricted data does not leave the machines of this organization.',
    },
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
    {
      id: 'risky-off-the-host',
      when: { findings: { atLeast: 'risky' } },
      then: { isolation: 'container' },
      reason: 'risky-content',
      text: 'Inspection found something risky, which needs a container at least.',
    },
    {
      id: 'hostile-cut-off',
      when: { findings: { atLeast: 'hostile' } },
      then: { ideal: 'microvm', egress: { hosts: [] } },
      reason: 'hostile-content',
      text: 'Inspection found something hostile: it reaches nothing, and a virtual machine would be better.',
    },
  ],
})
