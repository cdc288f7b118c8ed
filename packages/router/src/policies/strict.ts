import type { PolicyInput } from '../policy-schema.ts'
import { registries } from './registries.ts'
import { entityWrite, restrictedStaysHere } from './shared.ts'

/** Never below gVisor for untrusted work, and a virtual machine for documents. Where there is none, the answer is no. */
export const strict: PolicyInput = {
  name: 'caisson-strict',
  version: '1',
  registries,
  classes: {
    untrusted: {
      description: 'Code and endpoints that nobody vouches for: a kernel of their own.',
      isolation: 'gvisor',
      ideal: 'microvm',
      prefer: 'strongest',
      limits: ['cpus', 'memory', 'pids'],
      egress: { hosts: 'any' },
      permissions: { maxDurationMs: 3_600_000 },
    },
    document: {
      description: 'Files that came from outside: a virtual machine, and nothing to reach.',
      isolation: 'microvm',
      limits: ['cpus', 'memory'],
      permissions: { maxDurationMs: 900_000 },
    },
    internal: {
      description: 'Code of our own people: isolated from others.',
      isolation: 'container',
      prefer: 'strongest',
      limits: ['cpus', 'memory', 'pids'],
      egress: { hosts: 'any' },
      permissions: { packages: 'any', ports: 'any' },
    },
  },
  rules: [
    {
      id: 'database-read',
      when: { kind: 'database.read', trust: ['trusted', 'internal'] },
      then: { place: 'host' },
      reason: 'trusted-internal-operation',
      text: 'A named query that one of our own asks for is a trusted internal operation.',
    },
    {
      id: 'untrusted-read',
      when: { kind: 'database.read' },
      then: { place: 'host', approval: 'required' },
      reason: 'read-needs-approval',
      text: 'A query that nobody vouches for waits for a person.',
    },
    {
      id: 'restricted-write',
      when: { kind: 'entity.write', sensitivity: 'restricted' },
      then: { place: 'host', approval: { people: 2 } },
      reason: 'restricted-write-needs-two',
      text: 'Two people agree before restricted data is changed.',
    },
    entityWrite,
    {
      id: 'tool-in-sandbox',
      when: { kind: 'tool.call', trust: ['internal', 'untrusted'], task: true },
      then: { place: 'sandbox', class: 'untrusted' },
      reason: 'untrusted-tool-call',
      text: 'What a sandbox can take over, it takes over.',
    },
    {
      id: 'tool-after-approval',
      when: { kind: 'tool.call', trust: ['internal', 'untrusted'] },
      then: { place: 'host', approval: 'required' },
      reason: 'tool-call-needs-approval',
      text: 'A call that no sandbox can take over waits for a person.',
    },
    {
      id: 'tool-call',
      when: { kind: 'tool.call' },
      then: { place: 'host' },
      reason: 'trusted-tool-call',
      text: 'The call is trusted, so its owner may carry it out.',
    },
    {
      id: 'document-parse',
      when: { kind: 'document.parse' },
      then: { place: 'sandbox', class: 'document' },
      reason: 'untrusted-file-content',
      text: 'An uploaded document is untrusted file content.',
    },
    {
      id: 'internal-work',
      when: { kind: ['code.execute', 'command.run', 'agents.parallel', 'batch.run'], trust: 'trusted' },
      then: { place: 'sandbox', class: 'internal' },
      reason: 'internal-code',
      text: 'Work that people of this organization vouch for still runs apart from the host.',
    },
    {
      id: 'untrusted-work',
      when: { kind: ['code.execute', 'command.run', 'agents.parallel', 'batch.run', 'http.request'] },
      then: { place: 'sandbox', class: 'untrusted' },
      reason: 'untrusted-work',
      text: 'Work that nobody vouches for gets a kernel of its own.',
    },
  ],
  guards: [
    {
      id: 'untrusted-floor',
      when: {
        trust: 'untrusted',
        kind: ['code.execute', 'command.run', 'agents.parallel', 'batch.run', 'http.request', 'document.parse'],
      },
      then: { isolation: 'gvisor', egress: { hosts: 'any', privateAddresses: false } },
      reason: 'never-below-gvisor',
      text: 'Untrusted work never runs below gVisor and reaches no private address, whatever other rules say.',
    },
    {
      id: 'documents-floor',
      when: { kind: 'document.parse' },
      then: { isolation: 'microvm', egress: { hosts: [] } },
      reason: 'documents-in-machines',
      text: 'A document is opened in a virtual machine that reaches nothing, whatever other rules say.',
    },
    restrictedStaysHere,
    {
      id: 'risky-floor',
      when: { findings: { atLeast: 'risky' } },
      then: { isolation: 'gvisor' },
      reason: 'risky-content',
      text: 'Inspection found something risky, which needs a kernel of its own.',
    },
    {
      id: 'hostile-refused',
      when: { findings: { atLeast: 'hostile' } },
      then: { place: 'denied' },
      reason: 'hostile-content',
      text: 'Inspection found something hostile.',
    },
  ],
}
