/** A policy by which agents of a type get nothing weaker than a virtual machine of their own. */
export const strictestPolicy = (agentType: string): string => `name: strict
version: '1'
classes: { strong: { description: Strong, isolation: microvm, prefer: strongest } }
rules:
  - { id: all, when: { agentType: ${agentType} }, then: { place: sandbox, class: strong }, reason: strong, text: Only the strongest. }
`
