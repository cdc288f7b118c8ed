import type { Resources } from '@caisson/core'
import { existsSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { hasErrno, unless } from '../map-error.ts'
import { until } from '../until.ts'
import type { Hierarchy } from './hierarchy.ts'
import { limitFiles } from './limits.ts'

/**
 * One control group in every hierarchy that matters. On version 1 that is a directory per controller, all of the same name.
 */
export interface Group {
  readonly hierarchy: Hierarchy
  /** Path below the root of the hierarchy. */
  readonly name: string
}

/** The controllers that a sandbox is put under. The accounting of processor time is wanted for metrics only. */
const controllersV1 = ['memory', 'pids', 'cpu', 'cpuacct', 'freezer']

/** How the kernel says that a control group is gone: the second one to who has just opened a file of it. */
export const goneErrnos = ['ENOENT', 'ENODEV'] as const

export async function createGroup(group: Group): Promise<void> {
  if (group.hierarchy.version === 2) await delegate(group.hierarchy.root, group.name)
  for (const directory of directories(group)) {
    const make = async () => await mkdir(directory, { recursive: true })
    // Whoever ends the last sandbox removes the parents, perhaps between their making and this one's.
    await make().catch(make)
  }
}

/** Writes the limits of a group that has none yet. Synchronous: the kernel takes them faster than another thread could be asked to. */
export function limitGroup(group: Group, resources: Resources): void {
  for (const { controller, file, value, optional } of limitFiles(group.hierarchy.version, resources)) {
    try {
      writeFileSync(`${directoryOf(group, controller)}/${file}`, value, { flag: 'r+' })
    } catch (error) {
      if (optional !== true || !hasErrno(error, 'ENOENT')) throw error
    }
  }
}

/** Files into which a process writes its id to become a member. One thread moved by `tasks` spares a lock that takes milliseconds. */
export function joinFiles(group: Group): readonly string[] {
  const file = group.hierarchy.version === 2 ? 'cgroup.procs' : 'tasks'
  return directories(group).map((directory) => `${directory}/${file}`)
}

/** As `joinFiles`, for the group that holds this one and all of its siblings' parents. */
export function leaveFiles(group: Group): readonly string[] {
  return joinFiles({ ...group, name: '' })
}

/** The group's own directories. */
export function directories({ hierarchy, name }: Group): readonly string[] {
  if (hierarchy.version === 2) return [`${hierarchy.root}/${name}`]
  const mounts = controllersV1.flatMap((controller) => hierarchy.controllers.get(controller) ?? [])
  return [...new Set(mounts)].map((mount) => `${mount}/${name}`)
}

export function directoryOf({ hierarchy, name }: Group, controller: string): string {
  const mount = hierarchy.version === 2 ? hierarchy.root : hierarchy.controllers.get(controller)
  if (mount === undefined) throw new Error(`the ${controller} controller is not mounted`)
  return `${mount}/${name}`
}

/** Removes the group, which must be empty, also where only the runtime made one. */
export async function removeGroup(group: Group): Promise<void> {
  await Promise.all(
    everyDirectory(group).map(
      async (directory) =>
        await until(async () => {
          await unless(rmdir(directory), 'EBUSY', ...goneErrnos)
          return !existsSync(directory)
        }, `the control group ${directory} stays busy`),
    ),
  )
}

/** Removes it unless it has members or groups below it. Whoever needs it makes it again. */
export async function removeIfEmpty(group: Group): Promise<void> {
  await Promise.all(
    everyDirectory(group).map(async (directory) => await unless(rmdir(directory), 'EBUSY', 'ENOTEMPTY', ...goneErrnos)),
  )
}

/** The group's directories in all hierarchies of the machine: a runtime that makes groups makes them everywhere. */
function everyDirectory({ hierarchy, name }: Group): readonly string[] {
  if (hierarchy.version === 2) return [`${hierarchy.root}/${name}`]
  const roots = new Set([
    ...hierarchy.controllers.values(),
    ...(hierarchy.unified === undefined ? [] : [hierarchy.unified]),
  ])
  return [...roots].map((root) => `${root}/${name}`)
}

/** Names of the groups directly below this one. */
export async function childrenOf(group: Group): Promise<readonly string[]> {
  const lists = await Promise.all(
    directories(group).map(async (directory) => {
      const entries = (await unless(readdir(directory, { withFileTypes: true }), ...goneErrnos)) ?? []
      return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    }),
  )
  return [...new Set(lists.flat())]
}

export async function read(group: Group, controller: string, file: string): Promise<string> {
  return await readFile(`${directoryOf(group, controller)}/${file}`, 'latin1')
}

/** Hands the controllers down from the root of version 2 to the group's parent. */
async function delegate(root: string, name: string): Promise<void> {
  const parents = name.split('/').slice(0, -1)
  for (const [index] of [...parents, ''].entries()) {
    const directory = [root, ...parents.slice(0, index)].join('/')
    await mkdir(directory, { recursive: true })
    await writeFile(`${directory}/cgroup.subtree_control`, '+cpu +memory +pids', { flag: 'r+' })
  }
}
