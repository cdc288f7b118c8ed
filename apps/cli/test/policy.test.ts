import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { approvalIdSchema, approvalSchema, runIdSchema } from '@caisson/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { commandLine, someDecision } from './support/command-line.ts'

let directory: string
const path = (name: string) => join(directory, name)

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caisson-policy-'))
  await writeFile(path('policy.yaml'), "name: mine\nversion: '1'\nextends: default\n")
})
afterEach(async () => await rm(directory, { recursive: true }))

const cases = (expectation: string) => `
adapters: { local: {} }
cases:
  - name: a command
    operation: { kind: command.run, input: { argv: [ls] } }
    expect: ${expectation}
`

describe('policy test', () => {
  it('runs the table beside the policy, without a service', async () => {
    await writeFile(path('policy.test.yaml'), cases('{ adapter: local }'))
    expect(await commandLine(['policy', 'test', path('policy.yaml')])).toEqual({
      exitCode: 0,
      out: '1 of 1 cases are as expected\n',
      err: '',
    })
  })

  it('fails when a case is not as expected, and says how', async () => {
    await writeFile(path('cases.yaml'), cases('{ place: host }'))
    const { exitCode, out } = await commandLine(['policy', 'test', path('policy.yaml'), path('cases.yaml')])
    expect(exitCode).toBe(1)
    expect(out).toContain('not as expected: a command\n  place is sandbox, not host')
    const explained = await commandLine(['policy', 'test', '--explain', 'strict', path('cases.yaml')])
    expect(explained.out).toContain('is denied; missing: an available adapter that reaches gvisor')
  })

  it('names line and path of a fault in either file', async () => {
    await writeFile(path('policy.test.yaml'), cases('{ place: nowhere }'))
    const inTable = await commandLine(['policy', 'test', path('policy.yaml')])
    expect(inTable).toMatchObject({ exitCode: 64, out: '' })
    expect(inTable.err).toContain('policy.test.yaml:6:22: cases.0.expect.place')
    await writeFile(path('policy.yaml'), "name: mine\nversion: '1'\nextends: nothing\n")
    expect((await commandLine(['policy', 'test', path('policy.yaml')])).err).toContain('policy.yaml:3:10: extends: ')
    await rm(path('policy.test.yaml'))
    expect((await commandLine(['policy', 'test', path('policy.yaml')])).err).toContain('policy.yaml:3:10: extends: ')
  })

  it('knows the tables of the shipped policies', async () => {
    const { exitCode, out } = await commandLine(['policy', 'test', 'default'])
    expect(exitCode).toBe(0)
    expect(Number(/^(\d+) of \1 cases/.exec(out)?.[1])).toBeGreaterThanOrEqual(47)
  })

  it('says where a table belongs when there is none', async () => {
    const { exitCode, err } = await commandLine(['policy', 'test', path('policy.yaml')])
    expect(exitCode).toBe(64)
    expect(err).toContain('policy.test.yaml next to policy.yaml')
  })

  it('reads a typed file', async () => {
    await writeFile(path('caisson.config.ts'), `export default { name: 'typed', version: '1', extends: 'strict' }`)
    await writeFile(path('cases.yaml'), cases('{ place: denied }'))
    const { exitCode, err } = await commandLine(['policy', 'test', path('caisson.config.ts'), path('cases.yaml')])
    expect(err).toBe('')
    expect(exitCode).toBe(0)
  })
})

const report = {
  policy: { name: 'mine', version: '2', hash: 'a'.repeat(64) },
  sinceMs: 0,
  total: 10,
  truncated: false,
  changed: 1,
  costBeforeUsd: 0.5,
  costAfterUsd: 0.2,
  changes: [
    {
      run: runIdSchema.parse('run1'),
      kind: 'code.execute' as const,
      decidedAtMs: Date.now(),
      before: 'e2b (microvm)',
      after: 'local (container)',
      reason: 'It is cheap.',
      costDifferenceUsd: -0.3,
    },
  ],
}

describe('policy replay', () => {
  it('says what would be otherwise, and what that costs', async () => {
    const replay = vi.fn(async () => report)
    const { out } = await commandLine(['policy', 'replay', '--since', '2d'], { policies: { replay } })
    expect(out).toContain('1 of 10 operations would be placed otherwise')
    expect(out).toContain('estimated cost $0.50 → $0.20 (-$0.30)')
    expect(out).toMatch(/run1 +code\.execute +.* ago +e2b \(microvm\) +local \(container\) +-\$0\.30 +It is cheap\./)
    expect(replay.mock.calls).toMatchObject([[{ sinceMs: expect.closeTo(Date.now() - 2 * 86_400_000, -5) }]])
  })

  it('tries a file, and stores nothing in a dry run', async () => {
    const replay = vi.fn(async () => report)
    const put = vi.fn()
    await commandLine(['policy', 'put', '--dry-run', path('policy.yaml')], { policies: { replay, put } })
    expect(replay).toHaveBeenCalledWith(expect.objectContaining({ text: expect.stringContaining('extends: default') }))
    expect(put).not.toHaveBeenCalled()
  })

  it('names the file in which a fault is, without the service', async () => {
    await writeFile(path('policy.yaml'), "name: mine\nversion: '1'\nextends: nothing\n")
    const replay = vi.fn()
    const put = vi.fn()
    for (const words of [
      ['put', path('policy.yaml')],
      ['replay', '--policy', path('policy.yaml')],
    ]) {
      const { exitCode, err } = await commandLine(['policy', ...words], { policies: { replay, put } })
      expect(exitCode).toBe(64)
      expect(err).toContain('policy.yaml:3:10: extends: ')
    }
    expect(replay).not.toHaveBeenCalled()
    expect(put).not.toHaveBeenCalled()
  })

  it('does not guess what a time is', async () => {
    const { exitCode, err } = await commandLine(['policy', 'replay', '--since', 'yesterday'])
    expect(exitCode).toBe(64)
    expect(err).toContain('Use a number and m, h or d.')
  })
})

it('shows an approval with all that is granted by it', async () => {
  const approval = approvalSchema.parse({
    id: approvalIdSchema.parse('apr1'),
    organization: 'acme',
    run: 'run1',
    decision: 'd1',
    kind: 'entity.write',
    bindingHash: 'b'.repeat(64),
    summary: 'write customer 7',
    state: 'pending',
    requestedAtMs: 1,
    expiresAtMs: 2,
    people: 2,
    requestedBy: 'agent-1',
    grants: [{ by: 'bob', atMs: 1 }],
    escalatedAtMs: 1,
  })
  const show = async () => ({ approval, decision: someDecision, operation: '{\n  "value": "\u001b[2Jx"\n}' })
  const { out } = await commandLine(['approvals', 'show', 'apr1'], { approvals: { show } })
  expect(out).toContain('apr1: pending, 1 of 2 agreed, overdue')
  expect(out).toContain('by agent-1')
  expect(out).toContain('  "value": "\\u{1b}[2Jx"')
})

it('asks for what the policy may cut', async () => {
  const decide = vi.fn(async () => ({ decision: someDecision, explanation: '' }))
  const words = ['--package', 'pypi', '--port', '8080', '--port', '3000', '--isolation', 'gvisor', '--region', 'eu']
  await commandLine(['decide', ...words, '--exec', '--', 'ls'], { decide })
  expect(decide).toHaveBeenCalledWith(
    expect.objectContaining({ packages: ['pypi'], ports: [8080, 3000], isolation: 'gvisor', region: 'eu' }),
  )
})
