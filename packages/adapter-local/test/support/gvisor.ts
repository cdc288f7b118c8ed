import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { whyNot as whyNoSandboxes } from './machine.ts'

/** Why the tests of the gVisor tier cannot run here; undefined when they can. */
export function whyNoGvisor(): string | undefined {
  if (!existsSync('/usr/bin/runsc')) return 'needs runsc: sh infra/provision/runsc.sh install'
  return whyNoSandboxes()
}

/** The part of a state directory that belongs to the gVisor tier. */
export function gvisorState(stateDirectory: string): string {
  return join(stateDirectory, 'gvisor')
}
