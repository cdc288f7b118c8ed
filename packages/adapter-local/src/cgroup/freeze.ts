import { readFileSync, writeFileSync } from 'node:fs'
import { unless } from '../map-error.ts'
import { until } from '../until.ts'
import { directoryOf, goneErrnos, type Group, read } from './group.ts'

/** What the kernel's files are called and say. On version 1 one tells both what is wanted and whether it is so. */
const dialects = {
  1: {
    wish: 'freezer.state',
    freeze: 'FROZEN',
    thaw: 'THAWED',
    state: 'freezer.state',
    frozen: /^FROZEN/,
    thawed: /^THAWED/,
  },
  2: {
    wish: 'cgroup.freeze',
    freeze: '1',
    thaw: '0',
    state: 'cgroup.events',
    frozen: /^frozen 1$/m,
    thawed: /^frozen 0$/m,
  },
}

/** Stops or continues every member. Resolves when all of them are, or when somebody has asked for the opposite since: the last word counts. */
export async function setFrozen(group: Group, frozen: boolean): Promise<void> {
  tell(group, frozen)
  await until(async () => await Promise.resolve(isOver(group, frozen)), 'the control group does not freeze or thaw')
}

/** As `setFrozen`, without waiting for it. */
export async function tellToFreeze(group: Group, frozen: boolean): Promise<void> {
  await Promise.resolve(tell(group, frozen))
}

/** Whether the group is frozen or about to be. Undefined when it is gone. */
export async function isFrozen(group: Group): Promise<boolean | undefined> {
  const wish = await unless(read(group, 'freezer', dialectOf(group).wish), ...goneErrnos)
  return wish === undefined ? undefined : asksForFrozen(group, wish)
}

/** Synchronous: between looking and telling again nobody's word must be taken back. */
function isOver(group: Group, frozen: boolean): boolean {
  const { wish, state, ...reached } = dialectOf(group)
  const look = (file: string): string => readFileSync(`${directoryOf(group, 'freezer')}/${file}`, 'latin1')
  if (asksForFrozen(group, look(wish)) !== frozen) return true
  if (reached[frozen ? 'frozen' : 'thawed'].test(look(state))) return true
  // A task that is born while its version 1 group freezes can leave it half frozen until it is told again.
  tell(group, frozen)
  return false
}

function tell(group: Group, frozen: boolean): void {
  const { wish, freeze, thaw } = dialectOf(group)
  writeFileSync(`${directoryOf(group, 'freezer')}/${wish}`, frozen ? freeze : thaw, { flag: 'r+' })
}

function asksForFrozen(group: Group, wish: string): boolean {
  return wish.trim() !== dialectOf(group).thaw
}

function dialectOf({ hierarchy }: Group): (typeof dialects)[1 | 2] {
  return dialects[hierarchy.version]
}
