import { describe, expect, it } from 'vitest'
import { features, limitKinds } from '@caisson/core'
import { checkLists } from '../src/checks/checks.ts'
import { coverageProblems } from '../src/coverage.ts'
import { groups, type Requirement, requirements } from '../src/index.ts'

describe('the requirements', () => {
  it('are at least a hundred, each with exactly one check', () => {
    expect(requirements.length).toBeGreaterThanOrEqual(100)
    expect(coverageProblems(requirements, checkLists)).toEqual([])
  })

  it('cover every group and say something', () => {
    expect(new Set(requirements.map(({ id }) => id.split('.')[0]))).toEqual(new Set(groups))
    for (const { behaviour, source } of requirements) {
      expect(behaviour).toMatch(/^.{20,}\.$/)
      expect(source).not.toBe('')
    }
  })

  it('need only what can be declared', () => {
    const declarable = new Set<string>([...features, ...limitKinds])
    expect(requirements.flatMap(({ needs }) => needs ?? []).filter((need) => !declarable.has(need))).toEqual([])
  })
})

describe('coverage', () => {
  const requirement: Requirement = { id: 'files.one', source: 'Files', behaviour: 'It works.' }
  const check = async () => await Promise.resolve()

  it('fails for a requirement without a check', () => {
    expect(coverageProblems([requirement], [{}])).toEqual(['requirement files.one has no check'])
  })

  it('fails for a check without a requirement', () => {
    expect(coverageProblems([], [{ 'files.none': check }])).toEqual([
      'a check names the unknown requirement files.none',
    ])
  })

  it('fails when either is there twice', () => {
    expect(coverageProblems([requirement, requirement], [{ 'files.one': check }])).toHaveLength(1)
    expect(coverageProblems([requirement], [{ 'files.one': check }, { 'files.one': check }])).toHaveLength(1)
  })

  it('fails for a restriction or known failure without a reason, and for an unknown one', () => {
    const restricted: Requirement = { ...requirement, restriction: { atLeast: 'container', reason: ' ' } }
    const checks = [{ 'files.one': check }]
    expect(coverageProblems([restricted], checks)).toEqual(['the restriction of files.one has no reason'])
    expect(coverageProblems([requirement], checks, [{ id: 'files.one', reason: '' }])).toEqual([
      'the known failure of files.one has no reason',
    ])
    expect(coverageProblems([requirement], checks, [{ id: 'files.two', reason: 'late' }])).toHaveLength(1)
  })
})
