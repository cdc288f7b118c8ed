import type { Requirement } from '../requirement.ts'

const restriction = {
  atLeast: 'container',
  reason: 'isolation below "container" promises no separation from the host',
} as const

export const isolationRequirements: readonly Requirement[] = [
  {
    id: 'isolation.host-files',
    source: 'Architecture 8',
    behaviour: 'A file of the host cannot be read by processes.',
    restriction,
  },
  {
    id: 'isolation.host-files-api',
    source: 'Files',
    behaviour: 'A file of the host cannot be read through the file calls.',
    restriction,
  },
  {
    id: 'isolation.host-symlink',
    source: 'Files',
    behaviour: 'A symbolic link to a file of the host leads nowhere.',
    restriction,
  },
  {
    id: 'isolation.host-write',
    source: 'Files',
    behaviour: 'Nothing that is written in the sandbox appears on the host.',
    restriction,
  },
  {
    id: 'isolation.host-processes',
    source: 'Architecture 8',
    behaviour: 'Processes of the host are not visible.',
    restriction,
  },
  {
    id: 'isolation.host-kill',
    source: 'Architecture 8',
    behaviour: 'A process of the host cannot be killed from inside.',
    restriction,
  },
  {
    id: 'isolation.host-environment',
    source: 'SandboxSpec.env',
    behaviour: "Caisson's own environment does not reach the sandbox.",
  },
  {
    id: 'isolation.host-network',
    source: 'egressPolicySchema',
    behaviour: 'Without an egress policy no server of the host can be reached.',
    restriction,
  },
  {
    id: 'isolation.siblings-files',
    source: 'Sandbox',
    behaviour: 'Two sandboxes do not see the files of each other.',
  },
  {
    id: 'isolation.siblings-processes',
    source: 'Sandbox',
    behaviour: 'Two sandboxes do not see the processes of each other.',
    restriction,
  },
]

export const errorRequirements: readonly Requirement[] = [
  {
    id: 'errors.typed',
    source: 'SandboxError',
    behaviour: 'Failures of every part are SandboxErrors with a known code and the name of the adapter.',
  },
  {
    id: 'errors.not-retryable',
    source: 'ErrorDetails.retryable',
    behaviour: 'What cannot succeed unchanged is not called retryable.',
  },
  {
    id: 'errors.argv',
    source: 'ProcessSpec.argv',
    behaviour: 'An argument with NUL is invalid-argument.',
  },
  {
    id: 'errors.env',
    source: 'environmentSchema',
    behaviour: 'A variable that no process can have is invalid-argument.',
  },
]

export const capabilityRequirements: readonly Requirement[] = [
  {
    id: 'capabilities.valid',
    source: 'adapterCapabilitiesSchema',
    behaviour: 'The declared capabilities are valid and name nothing twice.',
  },
  {
    id: 'capabilities.identity',
    source: 'SandboxAdapter',
    behaviour: 'Version and name are as the contract wants them.',
  },
  {
    id: 'capabilities.declared-present',
    source: 'Sandbox',
    behaviour: 'Every declared feature that is a member is there.',
  },
  {
    id: 'capabilities.undeclared-absent',
    source: 'Sandbox',
    behaviour: 'No member is there for a feature that is not declared.',
  },
  {
    id: 'capabilities.undeclared-refused',
    source: 'features',
    behaviour: 'An option or call of a feature that is not declared is refused with unsupported.',
  },
  {
    id: 'capabilities.static',
    source: 'SandboxAdapter.capabilities',
    behaviour: 'Capabilities are the same before and after use, and in every instance.',
  },
  {
    id: 'capabilities.templates',
    source: 'AdapterCapabilities.templates',
    behaviour: 'The first declared template is the default, and it can be named.',
  },
  {
    id: 'capabilities.connected-same',
    source: 'Sandbox',
    behaviour: 'A connected handle has the same members as a created one.',
  },
]
