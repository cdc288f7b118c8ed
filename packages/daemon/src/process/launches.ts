import type { LaunchAnswer } from '@caisson/wire-e2b'
import type { ManagedProcess } from './managed-process.ts'
import { followProcess } from './service.ts'

/** The messages of `Start` for a client that asks over the line: the whole life of a process that is soon over, if there is room for it. Of every other only the start. */
export async function answerLaunch(managed: ManagedProcess, hasRoom: boolean): Promise<Omit<LaunchAnswer, 'id'>> {
  await Promise.race([managed.ended, managed.grown])
  if (managed.result !== undefined && hasRoom) {
    const life = followProcess(managed, 0)
    const { messages, done } = await life.next()
    life.dispose()
    if (done === true) return { messages }
  }
  managed.readers.add({ position: 0, keepsPace: true, hasMissed: false, isExpected: true })
  return { messages: [{ event: { start: { pid: managed.pid } } }] }
}
