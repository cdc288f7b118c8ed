import type { PolicyInput } from '../policy-schema.ts'

type Rule = NonNullable<PolicyInput['rules']>[number]
type Guard = NonNullable<PolicyInput['guards']>[number]

// What more than one of the shipped policies says, in the same words.

export const databaseRead: Rule = {
  id: 'database-read',
  when: { kind: 'database.read' },
  then: { place: 'host' },
  reason: 'trusted-internal-operation',
  text: 'A named query of a function that the host registered is a trusted internal operation.',
}

export const entityWrite: Rule = {
  id: 'entity-write',
  when: { kind: 'entity.write' },
  then: { place: 'host', approval: 'required' },
  reason: 'write-needs-approval',
  text: 'A write changes what others rely on, so it goes through the approval gateway.',
}

export const restrictedStaysHere: Guard = {
  id: 'restricted-stays-here',
  when: { sensitivity: 'restricted' },
  then: { locality: 'machine' },
  reason: 'restricted-data',
  text: 'Restricted data does not leave the machines of this organization.',
}

export const riskyOffTheHost: Guard = {
  id: 'risky-off-the-host',
  when: { findings: { atLeast: 'risky' } },
  then: { isolation: 'container' },
  reason: 'risky-content',
  text: 'Inspection found something risky, which needs a container at least.',
}
