import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { claim, isOver } from '../src/owner.ts'

test('work of this process is over when it says so, and no sooner', () => {
  const first = claim()
  {
    using second = claim()
    expect([isOver(first.owner), isOver(second.owner)]).toEqual([false, false])
    expect(first.owner).not.toBe(second.owner)
  }
  expect(isOver(first.owner)).toBe(false)
  first[Symbol.dispose]()
  expect(isOver(first.owner)).toBe(true)
})

test.skipIf(process.platform !== 'linux')('work of another process is over when that process is', async () => {
  using own = claim()
  const [boot] = own.owner.split('.')
  const other = spawn('sleep', ['60'])
  await once(other, 'spawn')
  const stat = readFileSync(`/proc/${other.pid}/stat`, 'latin1')
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const owner = `${boot}.${other.pid}.${startTime}.work`
  expect(isOver(owner)).toBe(false)
  expect(isOver(`${boot}.${other.pid}.1.work`)).toBe(true)
  other.kill('SIGKILL')
  await once(other, 'exit')
  expect(isOver(owner)).toBe(true)
})

test('work of another machine, or of nobody, is never known to be over', () => {
  expect(['elsewhere.1.1.work', '', 'nonsense', 'unknown.1.0.work'].map(isOver)).toEqual([false, false, false, false])
})
