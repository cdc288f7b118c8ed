import type { Descriptors } from '../kernel/open-file.ts'
import { signalNumbers } from '../kernel/signals.ts'
import { type Exit, Killed, proceed, type Task } from '../kernel/task.ts'
import type { Shell } from './state.ts'

/** An end as the number that `$?` shows. */
function exitStatus(exit: Exit): number {
  return 'code' in exit ? exit.code : 128 + signalNumbers[exit.signal]
}

export async function awaitTask(shell: Shell, task: Task): Promise<number> {
  const exit = await task.ended
  await proceed(shell.machine, shell.task)
  shell.task.busySinceMs = performance.now()
  return exitStatus(exit)
}

/** Runs the traps of signals that came in the meantime. */
export async function runPendingTraps(shell: Shell, io: Descriptors): Promise<void> {
  for (let name = shell.pending.shift(); name !== undefined; name = shell.pending.shift()) {
    const script = shell.traps.get(name)
    const { status } = shell
    if (script !== undefined) await shell.interpreter.runScript(shell, script, io)
    shell.status = status
  }
}

/** Waits for background children; a trapped signal ends the wait early with its number. */
export async function awaitChildren(shell: Shell, pids: readonly number[]): Promise<number> {
  const wanted = pids.length === 0 ? [...shell.children.keys()] : pids
  let status = 0
  for (const pid of wanted) {
    const child = shell.children.get(pid)
    if (child === undefined) {
      status = 127
      continue
    }
    const exit = await Promise.race([child.ended, shell.signalled.wait().then(() => undefined)])
    if (shell.task.dead) throw new Killed()
    const interrupted = shell.pending[0]
    if (exit === undefined) return interrupted === undefined ? 0 : 128 + signalNumbers[interrupted]
    shell.children.delete(pid)
    status = exitStatus(exit)
  }
  return pids.length === 0 ? 0 : status
}
