import { writeFile } from 'node:fs/promises'
import { unless } from '../map-error.ts'
import { until } from '../until.ts'
import { directoryOf, goneErrnos, type Group, read } from './group.ts'

/** Stops or continues every member. Resolves when all of them are. */
export async function setFrozen(group: Group, frozen: boolean): Promise<void> {
  await until(async () => {
    await tellToFreeze(group, frozen)
    return (await seenFrozen(group)) === frozen
  }, 'the control group does not freeze or thaw')
}

/** A task that is born while its version 1 group freezes can leave it half frozen until it is told again. */
export async function tellToFreeze(group: Group, frozen: boolean): Promise<void> {
  if (group.hierarchy.version === 2) {
    await writeFile(`${directoryOf(group, 'freezer')}/cgroup.freeze`, frozen ? '1' : '0', { flag: 'r+' })
  } else {
    await writeFile(`${directoryOf(group, 'freezer')}/freezer.state`, frozen ? 'FROZEN' : 'THAWED', { flag: 'r+' })
  }
}

/** Whether the group is frozen or about to be. Undefined when it is gone. */
export async function isFrozen(group: Group): Promise<boolean | undefined> {
  const file = group.hierarchy.version === 2 ? 'cgroup.freeze' : 'freezer.state'
  const state = await unless(read(group, 'freezer', file), ...goneErrnos)
  return state === undefined ? undefined : !['0', 'THAWED'].includes(state.trim())
}

async function seenFrozen(group: Group): Promise<boolean | undefined> {
  if (group.hierarchy.version === 2) return /^frozen 1$/m.test(await read(group, 'freezer', 'cgroup.events'))
  const state = (await read(group, 'freezer', 'freezer.state')).trim()
  return state === 'FREEZING' ? undefined : state === 'FROZEN'
}
