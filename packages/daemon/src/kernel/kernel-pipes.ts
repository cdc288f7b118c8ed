import { closeSync } from 'node:fs'
import { ConnectError } from '@caisson/wire-e2b'
import { asUser } from '../as-user.ts'
import { openPipe, type Pipe } from '../libc.ts'
import type { User } from '../user.ts'

/** Descriptors of one kernel, in the order in which it finds them from 1 on. */
export interface KernelDescriptors {
  readonly stdout: number
  readonly stderr: number
  readonly commands: number
  readonly events: number
}

export interface KernelPipes {
  readonly ours: KernelDescriptors
  readonly theirs: KernelDescriptors
}

/** Opens what a kernel is spoken to through. The pipes belong to the user, who can open them again as `/dev/stdout`. */
export function openKernelPipes(user: User): KernelPipes {
  const opened: Pipe[] = []
  const open = (ours: keyof Pipe): Pipe => {
    const pipe = asUser(user, () => openPipe(ours))
    if (pipe === undefined) {
      for (const { read, write } of opened) closeAll([read, write])
      throw new ConnectError('resource_exhausted', 'no file descriptors are left', 'EMFILE')
    }
    opened.push(pipe)
    return pipe
  }
  const [stdout, stderr, commands, events] = [open('read'), open('read'), open('write'), open('read')]
  return {
    ours: { stdout: stdout.read, stderr: stderr.read, commands: commands.write, events: events.read },
    theirs: { stdout: stdout.write, stderr: stderr.write, commands: commands.read, events: events.write },
  }
}

export function listDescriptors({ stdout, stderr, commands, events }: KernelDescriptors): readonly number[] {
  return [stdout, stderr, commands, events]
}

export function closeAll(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor)
}
