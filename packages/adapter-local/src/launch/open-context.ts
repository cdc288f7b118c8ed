import { SandboxError } from '@caisson/core'
import { bundleDirectory } from '@caisson/daemon/bundle'
import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { inspectMachine } from '../machine/inspect-machine.ts'
import { instanceOf } from './instance.ts'
import { mapError } from '../map-error.ts'
import { ociConfig } from '../oci/config.ts'
import { openStore } from '../record/store.ts'
import type { Context } from './context.ts'

export interface ContextOptions {
  readonly stateDirectory?: string | undefined
  readonly runtime?: 'crun' | 'runc' | undefined
}

/** Finds out what the machine offers and opens the state directory. */
export async function openContext(options: ContextOptions): Promise<Context> {
  const machine = await inspectMachine({ runtime: options.runtime, daemonDirectory: bundleDirectory })
  const wanted = options.stateDirectory ?? defaultStateDirectory()
  if (!/^\/[A-Za-z0-9/_.@+-]+$/.test(wanted)) {
    throw new SandboxError(
      'invalid-argument',
      adapterName,
      `the state directory ${wanted} has characters that mounts cannot take`,
      {
        field: 'stateDirectory',
        remedy: 'use an absolute path of letters, digits and "/_.@+-"',
      },
    )
  }
  try {
    await openStore(wanted)
    const root = await realpath(wanted)
    return { machine, store: { root }, instance: instanceOf(root), configure: ociConfig }
  } catch (error) {
    throw mapError(error, `opening the state directory ${wanted}`)
  }
}

function defaultStateDirectory(): string {
  return process.getuid?.() === 0 ? '/var/lib/caisson' : join(homedir(), '.local/state/caisson')
}
