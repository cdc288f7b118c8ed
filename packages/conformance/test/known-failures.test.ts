import { describe, expect, it } from 'vitest'
import { type ConformanceTarget, defineConformance, requirements, runConformance } from '../src/index.ts'
import { changeFiles } from './broken/wrap.ts'
import { memoryTarget } from './memory-target.ts'

const id = 'files.read-directory'
const restrictions = [{ id, reason: 'the provider has no such code' }]
const broken = changeFiles((files) => ({
  read: async (path, options) => {
    const info = await files.stat(path, options)
    return await files.read(info.type === 'directory' ? '/etc/passwd' : path, options)
  },
}))

async function statusOf(target: ConformanceTarget) {
  const { passed, results } = await runConformance(target, { only: [id] })
  return { passed, status: results[0]?.status, detail: results[0]?.detail }
}

describe('a known failure', () => {
  it('is no failure while it fails, and tells its reason', async () => {
    expect(await statusOf({ ...memoryTarget(broken), restrictions })).toEqual({
      passed: true,
      status: 'known-failure',
      detail: restrictions[0]?.reason,
    })
    expect(await statusOf(memoryTarget(broken))).toMatchObject({ passed: false, status: 'failed' })
  })

  it('breaks the suite once it is stale', async () => {
    expect(await statusOf({ ...memoryTarget(), restrictions })).toMatchObject({ passed: false, status: 'stale' })
  })

  it('must name a requirement and a reason', async () => {
    const wrong = [{ id: 'files.nonsense', reason: 'x' }]
    await expect(runConformance({ ...memoryTarget(), restrictions: wrong })).rejects.toThrow('files.nonsense')
    await expect(runConformance({ ...memoryTarget(), restrictions: [{ id, reason: '' }] })).rejects.toThrow('no reason')
  })
})

describe('the suite for a test runner', () => {
  it('declares one test for each requirement and reports through it', async () => {
    const tests = new Map<string, (context: { skip: (reason?: string) => void }) => Promise<void>>()
    const before: (() => Promise<void>)[] = []
    const after: (() => Promise<void>)[] = []
    const target = memoryTarget(broken, { without: ['pause'] })
    defineConformance(target, {
      describe: (_, body) => body(),
      it: (name, body) => void tests.set(name.split(':')[0] ?? '', body),
      beforeAll: (body) => void before.push(body),
      afterAll: (body) => void after.push(body),
    })
    expect([...tests.keys()].sort()).toEqual(requirements.map(({ id }) => id).sort())

    for (const body of before) await body()
    const skipped: (string | undefined)[] = []
    const context = { skip: (reason?: string) => void skipped.push(reason) }
    await tests.get('files.empty')?.(context)
    await tests.get('pause.freezes')?.(context)
    await expect(tests.get(id)?.(context)).rejects.toThrow('expected is-a-directory')
    for (const body of after) await body()
    expect(skipped).toEqual(['does not declare pause'])
  })
})

describe('isolation that is not claimed', () => {
  it('is skipped with the reason of the restriction', async () => {
    const report = await runConformance(memoryTarget(undefined, { isolation: 'process' }), { only: ['isolation'] })
    const skipped = report.results.filter(({ status }) => status === 'skipped')
    expect(skipped).toHaveLength(8)
    expect(new Set(skipped.map(({ detail }) => detail))).toEqual(
      new Set(['isolation below "container" promises no separation from the host']),
    )
  })
})
