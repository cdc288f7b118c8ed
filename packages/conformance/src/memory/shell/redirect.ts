import { encodeText } from '@caisson/core'
import { SystemError } from '../files/system-error.ts'
import { type Descriptors, duplicate, type OpenFile, openFile, release } from '../kernel/open-file.ts'
import { openPath } from '../kernel/open-path.ts'
import { createPipe } from '../kernel/pipe.ts'
import { expandText } from './expand.ts'
import type { Shell } from './state.ts'
import type { Redirection } from './syntax.ts'

export interface Redirected {
  readonly io: Descriptors
  /** Closes what was opened. */
  readonly undo: () => void
}

/** Descriptors as the redirections of one command ask for them. */
export async function redirect(
  shell: Shell,
  io: Descriptors,
  redirections: readonly Redirection[],
): Promise<Redirected> {
  if (redirections.length === 0) return { io, undo: () => undefined }
  const { task, machine } = shell
  const current = new Map(io)
  const opened: OpenFile[] = []
  const undo = (): void => {
    for (const file of opened) if (task.temporary.delete(file)) release(file)
  }
  const put = (descriptor: number, file: OpenFile): void => {
    // Registered, so that it is closed too when the shell is killed on the way.
    task.temporary.add(file)
    opened.push(file)
    current.set(descriptor, file)
  }
  try {
    for (const { descriptor, operator, target } of redirections) {
      const text = await expandText(shell, target)
      if (operator === '<<') {
        put(descriptor, await filledPipe(text))
      } else if (operator === '<&' || operator === '>&') {
        const source = current.get(Number(text))
        if (text === '-') current.delete(descriptor)
        else if (source === undefined) throw new SystemError('EBADF', text)
        else current.set(descriptor, source)
      } else {
        const mode = operator === '<' ? 'read' : operator === '>>' ? 'append' : 'write'
        put(descriptor, openPath(machine, { user: task.user, cwd: task.cwd }, text, { mode, io: current }))
      }
    }
  } catch (error) {
    undo()
    throw error
  }
  return { io: current, undo }
}

async function filledPipe(text: string): Promise<OpenFile> {
  const { reader, writer } = createPipe()
  await writer.write(encodeText(text))
  writer.close()
  return openFile(reader)
}

/** Makes redirections last, as `exec` without a command does. */
export function adopt(shell: Shell, io: Descriptors): void {
  const before = [...shell.task.files.values()]
  shell.task.files.clear()
  for (const [number, file] of io) shell.task.files.set(number, duplicate(file))
  for (const file of before) release(file)
}
