import { isAlive } from '@caisson/adapter-kit'
import { dialUnixSocket } from '@caisson/daemon-client'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { findLiving, isRunning } from '../find-running.ts'
import type { Context } from '../launch/context.ts'
import { readRecordSync } from '../record/store.ts'
import { hasSocket } from '../daemon-ready.ts'
import { socketDirectory } from '../dial-daemon.ts'
import { changing } from './change.ts'
import { deferredDuplex } from './deferred-duplex.ts'

const lookMs = 25
/** A change that takes longer than this may be one whose maker has died. */
const patienceMs = 5000

/** Connections to the daemon of a gVisor sandbox, whose process is another one after every pause. While there is none, a connection waits for it. */
export function dialGvisor(context: Context, id: string): () => Duplex {
  const now = (): string | undefined => {
    const record = readRecordSync(context.store, id)
    if (record?.state !== 'running' || record.init === undefined || !isAlive(record.init)) return undefined
    const { init, gofer } = record
    return hasSocket({ init, gofer }) ? socketDirectory({ init, gofer }) : undefined
  }
  return () => {
    const directory = now()
    return directory === undefined
      ? deferredDuplex(async (signal) => dialUnixSocket(await whenRunning(context, id, signal), 'daemon.sock'))
      : dialUnixSocket(directory, 'daemon.sock')
  }
}

async function whenRunning(context: Context, id: string, signal: AbortSignal): Promise<string> {
  let sinceMs = performance.now()
  for (;;) {
    const record = await findLiving(context, id)
    const late = performance.now() - sinceMs > patienceMs
    // One that has just been woken listens in a moment; one that never does is told by the attempt.
    if (isRunning(record) && (late || hasSocket(record))) return socketDirectory(record)
    if (record.state === 'paused') sinceMs = performance.now()
    if (late) {
      await changing(context, id, async () => await Promise.resolve())
      sinceMs = performance.now()
    }
    await delay(lookMs, undefined, { signal, ref: false })
  }
}
