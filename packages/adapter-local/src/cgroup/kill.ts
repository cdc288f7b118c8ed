import { readFile, writeFile } from 'node:fs/promises'
import { hasErrno, unless } from '../map-error.ts'
import { until } from '../until.ts'
import { tellToFreeze } from './freeze.ts'
import { directories, directoryOf, goneErrnos, type Group } from './group.ts'

/** Kills every member until there is none. A group that is not there has none. */
export async function killGroup(group: Group): Promise<void> {
  await until(async () => {
    if ((await membersOf(group)).length === 0) return true
    if (group.hierarchy.version === 2) {
      await unless(writeFile(`${directoryOf(group, 'freezer')}/cgroup.kill`, '1', { flag: 'r+' }), ...goneErrnos)
    } else {
      await killFrozen(group)
    }
    return false
  }, 'the processes of the sandbox do not end')
}

/** Frozen, members can neither multiply nor hand their ids to others between being listed and being killed. */
async function killFrozen(group: Group): Promise<void> {
  await unless(tellToFreeze(group, true), ...goneErrnos)
  for (const pid of await membersOf(group)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if (!hasErrno(error, 'ESRCH')) throw error
    }
  }
  await unless(tellToFreeze(group, false), ...goneErrnos)
}

async function membersOf(group: Group): Promise<readonly number[]> {
  const lists = await Promise.all(
    directories(group).map(
      async (directory) => await unless(readFile(`${directory}/cgroup.procs`, 'latin1'), ...goneErrnos),
    ),
  )
  return [...new Set(lists.flatMap((list) => (list ?? '').split('\n')))].filter((line) => line !== '').map(Number)
}
