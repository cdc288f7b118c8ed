import { expect, it } from 'vitest'
import { compareIsolation, isolationLevels } from '../src/index.ts'

it('orders the ladder from weak to strong', () => {
  expect([...isolationLevels].toSorted(compareIsolation)).toEqual(['none', 'process', 'container', 'gvisor', 'microvm'])
  expect(compareIsolation('container', 'gvisor')).toBeLessThan(0)
  expect(compareIsolation('container', 'container')).toBe(0)
})
