import { identify, type ProcessIdentity } from '@caisson/adapter-kit'
import { SandboxError } from '@caisson/core'
import { execa } from 'execa'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { adapterName } from '../adapter-name.ts'
import type { Machine } from '../machine/machine.ts'
import { runscOptions } from './platform.ts'

/** Each sandbox has a folder of runsc's state for itself, in which it is the only container. */
export const container = 'sandbox'

export function runscCommand(machine: Machine, directory: string): readonly string[] {
  return [machine.runtime.path, '--root', stateFolder(directory), ...runscSwitches(machine)]
}

/** Sockets of the host: the daemon listens on one and reaches the egress gateway through another. */
export function runscSwitches({ runtime }: Machine): readonly string[] {
  if (runtime.name !== 'runsc') throw new Error(`${runtime.name} is not runsc`)
  return [`--platform=${runtime.platform}`, ...runscOptions, '--host-uds=all']
}

export function stateFolder(directory: string): string {
  return join(directory, 'runsc')
}

/** Resolves when no launcher of that sandbox works any more: it does not die with whoever started it. */
export async function launcherOver(directory: string): Promise<void> {
  await execa('flock', ['--exclusive', join(directory, 'launcher.lock'), 'true'])
}

const stateSchema = z.looseObject({ goferPid: z.int().min(1) })

/** The process that shows the sandbox its files: through it the host finds the sandbox's mounts. */
export async function findGofer(directory: string): Promise<ProcessIdentity> {
  const path = join(stateFolder(directory), `${container}_sandbox:${container}.state`)
  const { goferPid } = stateSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  const gofer = identify(goferPid)
  if (gofer !== undefined) return gofer
  throw new SandboxError('provider', adapterName, 'the sandbox ended while it started')
}
