import { readFile } from 'node:fs/promises'
import { parseMounts } from './parse-mounts.ts'

/** How this machine arranges its control groups. */
export type Hierarchy =
  | {
      readonly version: 1
      /** Where each controller is mounted. */
      readonly controllers: ReadonlyMap<string, string>
      /** Where a hybrid machine mounts version 2 beside it. */
      readonly unified?: string | undefined
    }
  | { readonly version: 2; readonly root: string; readonly controllers: ReadonlySet<string> }

const needed = ['memory', 'pids', 'cpu'] as const

/** The hierarchy that holds memory, pids and cpu. Undefined when no one hierarchy has them all. */
export async function findHierarchy(): Promise<Hierarchy | undefined> {
  const mounts = parseMounts(await readFile('/proc/self/mountinfo', 'utf8'))
  const controllers = new Map<string, string>()
  for (const mount of mounts) {
    if (mount.type === 'cgroup') for (const name of mount.options) controllers.set(name, mount.path)
  }
  const unified = mounts.find((mount) => mount.type === 'cgroup2')?.path
  if ([...needed, 'freezer'].every((name) => controllers.has(name))) return { version: 1, controllers, unified }
  if (unified === undefined) return undefined
  const offered = new Set((await readFile(`${unified}/cgroup.controllers`, 'utf8')).trim().split(' '))
  return needed.every((name) => offered.has(name)) ? { version: 2, root: unified, controllers: offered } : undefined
}
