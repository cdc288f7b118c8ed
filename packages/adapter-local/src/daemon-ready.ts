import { isAlive } from '@caisson/adapter-kit'
import { SandboxError } from '@caisson/core'
import { waitForDaemon } from '@caisson/daemon-client'
import { lstatSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { adapterName } from './adapter-name.ts'
import { dialDaemon, socketDirectory } from './dial-daemon.ts'
import type { RunningRecord } from './record/record.ts'

/** Resolves when the daemon answers. */
export async function daemonReady(record: RunningRecord, signal: AbortSignal): Promise<void> {
  const connection = { dial: dialDaemon(record), accessToken: record.accessToken }
  const check = async () => {
    if (isAlive(record.init)) return
    throw new SandboxError('provider', adapterName, 'the daemon ended while it started', {
      remedy: 'give the sandbox more memory, and see that the daemon was built for this machine',
    })
  }
  // To look for the socket costs next to nothing, and the daemon needs the processor.
  while (!hasSocket(record)) {
    signal.throwIfAborted()
    await check()
    await delay(1)
  }
  await waitForDaemon(adapterName, connection, { signal, check })
}

/** Whether the daemon listens, as far as can be seen without asking it. */
export function hasSocket(record: Pick<RunningRecord, 'init' | 'gofer'>): boolean {
  return lstatSync(`${socketDirectory(record)}/daemon.sock`, { throwIfNoEntry: false }) !== undefined
}
