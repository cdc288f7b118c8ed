import type { OperationInput } from '@caisson/core'

/** What holds for the operations of a tool beside what they do. See core's `operationSchema`; everything has a cautious default. */
export type OperationSettings = Pick<
  OperationInput,
  | 'trust'
  | 'sensitivity'
  | 'expectedDurationMs'
  | 'timeoutMs'
  | 'resources'
  | 'egress'
  | 'packages'
  | 'isolation'
  | 'region'
  | 'template'
  | 'agentType'
  | 'session'
>
