import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { formatCsv } from '../src/output/csv.ts'
import { commandLine } from './support/command-line.ts'

const row = {
  leases: 2,
  runningSeconds: 90,
  pausedSeconds: 0,
  storageGibHours: 0.05,
  costUsd: 0.003,
  estimateUsd: 0.002,
}
const service = {
  cost: async () => [
    { day: '2026-11-20', agent: '=cmd()', ...row },
    { day: '2026-11-21', agent: 'ann, "b"', ...row },
  ],
  budgets: { list: async () => [{ agent: '', month: '2026-11', committedUsd: 0.5, softUsd: 1, hardUsd: 2 }] },
}

it('shows costs beside what was reckoned with, their drift, and the budgets', async () => {
  const { out, exitCode } = await commandLine(['cost', '--by', 'day,agent'], service)
  expect(exitCode).toBe(0)
  expect(out).toMatch(/2026-11-20 +=cmd\(\) +2 +1 min 30 s +0\.050 GiB·h +\$0\.0030 +\$0\.0020 +\+50 %/)
  expect(out).toMatch(/total .* 4 +3 min 0 s +0\.100 GiB·h +\$0\.0060 +\$0\.0040 +\+50 %/)
  expect(out).toContain('budget of organization for 2026-11: $0.50 spent or kept back, warning at $1, stop at $2')
})

it('exports what spreadsheets read and do not run', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'caisson-cost-'))
  const file = join(directory, 'cost.csv')
  expect((await commandLine(['cost', '--by', 'day,agent', '--csv', file], service)).exitCode).toBe(0)
  expect(await readFile(file, 'utf8')).toBe(
    'day,agent,sandboxes,running_seconds,paused_seconds,storage_gib_hours,cost_usd,estimate_usd\r\n' +
      `2026-11-20,"'=cmd()",2,90,0,0.05,0.003,0.002\r\n` +
      '2026-11-21,"ann, ""b""",2,90,0,0.05,0.003,0.002\r\n',
  )
  await rm(directory, { recursive: true })
  expect((await commandLine(['cost', '--csv'], service)).out).toContain('2026-11-20,')
  expect((await commandLine(['cost', '--csv', '-'], service)).out).toContain('2026-11-20,')
  expect(formatCsv([['a\nb', '+1', -1]])).toBe(`"a\nb","'+1",-1\r\n`)
})

it.each([
  [['cost', '--from', 'yesterday'], /yesterday is not a day/],
  [['cost', '--by', 'weekday'], /not kept by weekday/],
  [['cost', '--from', '2026-11-02', '--to', '2026-11-01'], /2026-11-01 is before 2026-11-02/],
  [['cost', '--csv', '/dev/null/cost.csv'], /caisson: \/dev\/null\/cost\.csv cannot be written \(ENOTDIR\)\n.*\n$/],
  [['budgets', 'set', '--hard', '-1'], /Give a number from 0 on/],
  [['audit', 'verify', '--head', 'x'], /x is not the end of a chain/],
])('refuses %j', async (words, message) => {
  const { err, exitCode } = await commandLine(words, {
    ...service,
    audit: { head: async () => ({ organization: 'acme', sequence: 0, hash: '' }) },
  })
  expect(err).toMatch(message)
  expect(exitCode).not.toBe(0)
})

function chainOf(events: readonly string[]) {
  let before = createHash('sha256').update('acme').digest()
  return events.map((event, index) => {
    before = createHash('sha256')
      .update(before)
      .update(`${index + 1} ${event}`)
      .digest()
    return { sequence: index + 1, hash: before.toString('hex'), event }
  })
}

function serviceWith(entries: ReturnType<typeof chainOf>) {
  const { sequence, hash } = entries.at(-1) ?? { sequence: 0, hash: '' }
  return {
    audit: {
      head: async () => ({ organization: 'acme', sequence, hash }),
      list: async function* () {
        yield* entries
      },
    },
  }
}

it('verifies the audit log, and finds a log that was written anew by an end that was noted before', async () => {
  const before = chainOf(['{"a":1}', '{"a":2}'])
  const verified = await commandLine(['audit', 'verify'], serviceWith(before))
  expect(verified.exitCode).toBe(0)
  const end = /2 events, all as they were written; the end is (2:[\da-f]{64})/.exec(verified.out)?.[1] ?? ''
  const grown = serviceWith(chainOf(['{"a":1}', '{"a":2}', '{"a":3}']))
  expect((await commandLine(['audit', 'verify', '--head', end], grown)).exitCode).toBe(0)

  const anew = serviceWith(chainOf(['{"a":1}', '{"a":9}', '{"a":3}']))
  expect((await commandLine(['audit', 'verify'], anew)).exitCode).toBe(0)
  const found = await commandLine(['audit', 'verify', '--head', end], anew)
  expect(found).toMatchObject({ exitCode: 1, out: expect.stringContaining('event 2 was written anew') })

  // A later note of the forged log makes the earlier one no better.
  const rewritten = /(2:[\da-f]{64})/.exec(
    (await commandLine(['audit', 'verify'], serviceWith(chainOf(['{"a":1}', '{"a":9}'])))).out,
  )
  const both = await commandLine(['audit', 'verify', '--head', end, '--head', rewritten?.[1] ?? ''], anew)
  expect(both).toMatchObject({ exitCode: 1, out: expect.stringContaining('event 2 was written anew') })

  const empty = (await commandLine(['audit', 'verify'], serviceWith([]))).out
  const none = /the end is (\S+)/.exec(empty)?.[1] ?? ''
  expect((await commandLine(['audit', 'verify', '--head', none], grown)).exitCode).toBe(0)

  const back = { audit: { ...grown.audit, head: async () => ({ organization: 'acme', sequence: 0, hash: '' }) } }
  expect(await commandLine(['audit', 'verify'], back)).toMatchObject({
    exitCode: 1,
    out: expect.stringContaining('goes on after event 0'),
  })

  const [first] = before
  const changed = serviceWith(first === undefined ? [] : [{ ...first, event: '{"a":8}' }])
  expect((await commandLine(['audit', 'verify'], changed)).out).toContain('event 1 is not what was written')
  const forged = await commandLine(['audit'], serviceWith(chainOf(['{"a":"\u001b[2J"}'])))
  expect(forged.out).not.toContain('\u001b')
})

it('says what a budget is now, since what is not said is taken away', async () => {
  const set = async () => {}
  const { out } = await commandLine(['budgets', 'set', '--soft', '5'], { budgets: { set } })
  expect(out).toBe('for the organization: a warning at $5, no stop\n')
})
