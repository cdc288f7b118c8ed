import { closeSync } from 'node:fs'
import { ConnectError } from '@caisson/wire-e2b'
import { asFields, asInteger, type Fields } from '../fields.ts'
import { openPipe } from '../libc.ts'
import { pump } from '../process/pump.ts'
import { createLineParser } from './lines.ts'
import { openSocketPair, sendDescriptors } from './socket-pair.ts'
import { type KernelPlace, spawnKernel } from './spawn-kernel.ts'

export interface Forked {
  readonly pid: number
  readonly exited: Promise<number | undefined>
}

/** A process from which kernels are forked. */
export interface Zygote {
  readonly isAlive: () => boolean
  /** A new kernel with these descriptors from 1 on, or undefined when there is no zygote any more. */
  readonly fork: (descriptors: readonly number[]) => Promise<Forked | undefined>
  /** Lets it import what data work needs, as soon as nobody waits for it. */
  readonly preload: () => void
  readonly end: () => void
}

const asPid = asInteger(2)

export function startZygote(argv: readonly [string, ...string[]], place: KernelPlace): Zygote {
  const sockets = openSocketPair()
  const events = openPipe('read')
  if (sockets === undefined || events === undefined)
    throw new ConnectError('resource_exhausted', 'no file descriptors are left', 'EMFILE')
  const [ours, theirs] = sockets
  const asked: PromiseWithResolvers<Forked | undefined>[] = []
  const running = new Map<number, PromiseWithResolvers<number | undefined>>()
  let isAlive = true

  function hear(fields: Fields): void {
    if (fields['forked'] !== undefined) {
      const pid = asPid(fields['forked'], 'forked')
      const exited = Promise.withResolvers<number | undefined>()
      running.set(pid, exited)
      asked.shift()?.resolve({ pid, exited: exited.promise })
    } else if (fields['ended'] === undefined) {
      asked
        .shift()
        ?.reject(new ConnectError('resource_exhausted', 'the sandbox cannot start another process', 'EAGAIN'))
    } else {
      const pid = asPid(fields['ended'], 'ended')
      running.get(pid)?.resolve(typeof fields['code'] === 'number' ? fields['code'] : undefined)
      running.delete(pid)
    }
  }

  const parseLines = createLineParser((line) => hear(asFields(JSON.parse(line), 'zygote')))

  async function follow(): Promise<void> {
    await pump(events?.read, (bytes) => {
      parseLines(bytes)
      return undefined
    })
    isAlive = false
    closeSync(ours)
    for (const { resolve } of asked.splice(0)) resolve(undefined)
    // What becomes of the kernels shows when their pipes close.
    running.clear()
  }

  const { root } = spawnKernel(argv, ['ignore', 'ignore', 'ignore', theirs, events.write], place)
  for (const descriptor of [theirs, events.write]) closeSync(descriptor)
  void follow()
  return {
    isAlive: () => isAlive,
    fork: async (descriptors) => {
      if (!isAlive) return undefined
      const answer = Promise.withResolvers<Forked | undefined>()
      asked.push(answer)
      sendDescriptors(ours, 'fork ', descriptors)
      return await answer.promise
    },
    preload: () => {
      if (isAlive) sendDescriptors(ours, 'preload ', [])
    },
    end: () => {
      if (isAlive) process.kill(root.pid, 'SIGKILL')
    },
  }
}
