import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { expect, it, type TestContext } from 'vitest'
import { isFrozen, setFrozen } from '../src/cgroup/freeze.ts'
import { createGroup, directories, type Group, removeGroup } from '../src/cgroup/group.ts'
import { findHierarchy } from '../src/cgroup/hierarchy.ts'
import { killGroup } from '../src/cgroup/kill.ts'
import { whyNot } from './support/machine.ts'

it('whoever ends a control group while others do the same, or look at it, is told of no failure', async (context) => {
  await inGroups(context, 15, async (group) => {
    addMember(group, 'sleep 60')
    const end = async (): Promise<void> => {
      await killGroup(group)
      await removeGroup(group)
    }
    const look = async (): Promise<void> => {
      while ((await isFrozen(group)) !== undefined);
    }
    const outcomes = await Promise.allSettled([...Array.from({ length: 24 }, end), look()])
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
  })
})

it('whoever thaws a control group that somebody is still freezing has the last word', async (context) => {
  await inGroups(context, 15, async (group) => {
    for (let count = 0; count < 10; count += 1) addMember(group, 'while :; do /bin/true; done')
    const freezing = setFrozen(group, true)
    while ((await isFrozen(group)) === false);
    await setFrozen(group, false)
    await freezing
    expect(await isFrozen(group)).toBe(false)
    await killGroup(group)
    await removeGroup(group)
  })
})

async function inGroups({ skip }: TestContext, rounds: number, work: (group: Group) => Promise<void>): Promise<void> {
  const reason = whyNot()
  if (reason !== undefined) skip(reason)
  const hierarchy = await findHierarchy()
  if (hierarchy === undefined) return skip('this machine has no control groups that hold memory, pids and cpu')
  const parent: Group = { hierarchy, name: `caisson-test-${process.pid}` }
  await createGroup(parent)
  for (let round = 0; round < rounds; round += 1) {
    const group: Group = { hierarchy, name: `${parent.name}/${round}` }
    await createGroup(group)
    await work(group)
  }
  await removeGroup(parent)
}

function addMember(group: Group, script: string): void {
  const member = spawn('sh', ['-c', script], { stdio: 'ignore' })
  for (const directory of directories(group)) writeFileSync(`${directory}/cgroup.procs`, String(member.pid))
}
