import { isAlive } from '@caisson/adapter-kit'
import { dialUnixSocket } from '@caisson/daemon-client'
import type { Duplex } from 'node:stream'
import { isRunning } from './find-running.ts'
import type { LivingRecord, RunningRecord } from './record/record.ts'

export function dialDaemon(record: LivingRecord): () => Duplex {
  return () => {
    const isThere = isRunning(record) && isAlive(record.init)
    return dialUnixSocket(isThere ? socketDirectory(record) : '/nonexistent', 'daemon.sock')
  }
}

/** The daemon's socket lies in the sandbox's own mount namespace, to which its first process leads, or gVisor's for its files. */
export function socketDirectory({ init, gofer = init }: Pick<RunningRecord, 'init' | 'gofer'>): string {
  return `/proc/${gofer.pid}/root/run/caisson`
}
