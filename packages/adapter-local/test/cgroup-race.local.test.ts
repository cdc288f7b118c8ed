import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { isFrozen } from '../src/cgroup/freeze.ts'
import { createGroup, directories, type Group, removeGroup } from '../src/cgroup/group.ts'
import { findHierarchy } from '../src/cgroup/hierarchy.ts'
import { killGroup } from '../src/cgroup/kill.ts'
import { whyNot } from './support/machine.ts'

it('whoever ends a control group while others do the same, or look at it, is told of no failure', async ({ skip }) => {
  const reason = whyNot()
  if (reason !== undefined) skip(reason)
  const hierarchy = await findHierarchy()
  if (hierarchy === undefined) return skip('this machine has no control groups that hold memory, pids and cpu')
  const parent: Group = { hierarchy, name: `caisson-test-${process.pid}` }
  await createGroup(parent)
  for (let round = 0; round < 15; round += 1) {
    const group: Group = { hierarchy, name: `${parent.name}/${round}` }
    await createGroup(group)
    const member = spawn('sleep', ['60'], { stdio: 'ignore' })
    for (const directory of directories(group)) writeFileSync(`${directory}/cgroup.procs`, String(member.pid))
    const end = async (): Promise<void> => {
      await killGroup(group)
      await removeGroup(group)
    }
    const look = async (): Promise<void> => {
      while ((await isFrozen(group)) !== undefined);
    }
    const outcomes = await Promise.allSettled([...Array.from({ length: 24 }, end), look()])
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
  }
  await removeGroup(parent)
})
