import { mib, type Resources } from '@caisson/core'

/** For gVisor's kernel itself, and for the moment that the daemon needs to end whoever takes too much. */
const kernelBytes = 256 * mib
/** Threads of the host that gVisor's kernel needs, whatever runs in it, and at most for each process. */
const kernelThreads = 256
const threadsPerProcess = 4

/**
 * What the control group of the host holds. Within it the daemon holds the memory of code to its limit, and gVisor the number of processes, so that
 * code that takes too much is ended and not the sandbox.
 */
export function groupLimits(resources: Resources): Resources {
  return {
    ...resources,
    memoryBytes: resources.memoryBytes + kernelBytes,
    pids: resources.pids * threadsPerProcess + kernelThreads,
  }
}
