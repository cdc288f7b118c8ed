import type { IsolationLevel } from '@caisson/core'

/** How far a program that runs containers isolates them. What is not known shares the machine's kernel. */
export function isolationOf(program: string): IsolationLevel {
  if (program.startsWith('runsc')) return 'gvisor'
  if (program.startsWith('kata') || program.includes('.kata.')) return 'microvm'
  return 'container'
}
