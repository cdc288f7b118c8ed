import { SandboxError } from '@caisson/core'
import { bundleDirectory } from '@caisson/daemon/bundle'
import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { inspectMachine } from '../machine/inspect-machine.ts'
import { gvisorConfig } from '../gvisor/config.ts'
import type { Platform } from '../gvisor/platform.ts'
import type { Tier } from '../tier.ts'
import { instanceOf } from './instance.ts'
import { mapError } from '../map-error.ts'
import { ociConfig } from '../oci/config.ts'
import { openStore } from '../record/store.ts'
import type { Context } from './context.ts'

export interface ContextOptions {
  readonly stateDirectory?: string | undefined
  readonly tier?: Tier | undefined
  readonly runtime?: 'crun' | 'runc' | undefined
  readonly platform?: Platform | undefined
}

/** Finds out what the machine offers and opens the state directory. */
export async function openContext(options: ContextOptions): Promise<Context> {
  const tier = options.tier ?? 'container'
  const wanted = options.stateDirectory ?? stateDirectoryOf(tier, defaultStateDirectory())
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
    const store = { root: await realpath(wanted) }
    const { runtime, platform } = options
    const machine = await inspectMachine({ tier, runtime, platform, store, daemonDirectory: bundleDirectory })
    return {
      tier,
      machine,
      store,
      instance: instanceOf(store.root),
      configure: tier === 'gvisor' ? gvisorConfig : ociConfig,
    }
  } catch (error) {
    throw mapError(error, `opening the state directory ${wanted}`)
  }
}

/** The part of a state directory that belongs to a tier: none sees the sandboxes of another. */
export function stateDirectoryOf(tier: Tier, directory: string): string {
  return tier === 'gvisor' ? join(directory, 'gvisor') : directory
}

function defaultStateDirectory(): string {
  return process.getuid?.() === 0 ? '/var/lib/caisson' : join(homedir(), '.local/state/caisson')
}
