import type { Checks } from '../kit/kit.ts'
import { attachChecks } from './attach.ts'
import { cancellationChecks } from './cancellation.ts'
import { capabilityChecks } from './capabilities.ts'
import { codeChecks } from './code.ts'
import { errorChecks } from './errors.ts'
import { fileTreeChecks, userChecks } from './file-trees.ts'
import { fileChecks } from './files.ts'
import { isolationChecks } from './isolation.ts'
import { lifecycleChecks } from './lifecycle.ts'
import { lifetimeChecks } from './lifetime.ts'
import { limitChecks } from './limits.ts'
import { egressChecks, portChecks } from './network.ts'
import { contentChecks, metricChecks, pauseChecks } from './power.ts'
import { processChecks } from './processes.ts'
import { signalChecks } from './signals.ts'
import { streamChecks } from './streams.ts'
import { terminalChecks } from './terminal.ts'
import { volumeChecks } from './volumes.ts'
import { watchChecks } from './watch.ts'

/** All checks, by what they are about. */
export const checkLists: readonly Checks[] = [
  attachChecks,
  cancellationChecks,
  capabilityChecks,
  codeChecks,
  contentChecks,
  egressChecks,
  errorChecks,
  fileChecks,
  fileTreeChecks,
  isolationChecks,
  lifecycleChecks,
  lifetimeChecks,
  limitChecks,
  metricChecks,
  pauseChecks,
  portChecks,
  processChecks,
  signalChecks,
  streamChecks,
  terminalChecks,
  userChecks,
  volumeChecks,
  watchChecks,
]
