import type { Requirement } from '../requirement.ts'
import { codeRequirements } from './code.ts'
import { fileRequirements, userRequirements, watchRequirements } from './files.ts'
import { capabilityRequirements, errorRequirements, isolationRequirements } from './isolation.ts'
import { lifecycleRequirements } from './lifecycle.ts'
import { cancellationRequirements, limitRequirements } from './limits.ts'
import {
  contentRequirements,
  egressRequirements,
  metricRequirements,
  pauseRequirements,
  portRequirements,
} from './optional.ts'
import { processRequirements } from './processes.ts'
import { attachRequirements, streamRequirements, terminalRequirements } from './streams.ts'
import { volumeRequirements } from './volumes.ts'

/** Everything that an adapter has to do, in the order in which it is checked. */
export const requirements: readonly Requirement[] = [
  ...capabilityRequirements,
  ...lifecycleRequirements,
  ...processRequirements,
  ...streamRequirements,
  ...attachRequirements,
  ...terminalRequirements,
  ...fileRequirements,
  ...watchRequirements,
  ...userRequirements,
  ...codeRequirements,
  ...limitRequirements,
  ...cancellationRequirements,
  ...isolationRequirements,
  ...errorRequirements,
  ...pauseRequirements,
  ...portRequirements,
  ...egressRequirements,
  ...metricRequirements,
  ...contentRequirements,
  ...volumeRequirements,
]
