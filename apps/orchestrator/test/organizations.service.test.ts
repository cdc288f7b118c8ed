import {
  freshId,
  gib,
  leaseIdSchema,
  type OrganizationId,
  organizationIdSchema,
  runIdSchema,
  sandboxIdSchema,
} from '@caisson/core'
import type { Lease, RunRecord } from '@caisson/engine'
import { verifyAuditChain } from '@caisson/client'
import { costByDay } from '@caisson/pricing'
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createKeyAsOwner, setQuotaAsOwner } from '../src/keys/as-owner.ts'
import { createKeyStore } from '../src/keys/key-store.ts'
import { createCostStore } from '../src/store/cost-store.ts'
import { openDatabase, type OpenDatabase } from '../src/store/database.ts'
import { createLimitsStore, type LimitsStore } from '../src/store/limits-store.ts'
import { migrateDatabase } from '../src/store/migrate.ts'
import { openSignals, type Signals } from '../src/store/signals.ts'
import { createPostgresStores, type PostgresStores } from '../src/store/stores.ts'
import { debianServer, embeddedServer, emptyTables, type TestServer } from './support/databases.ts'

const acme = organizationIdSchema.parse('acme')
const globex = organizationIdSchema.parse('globex')
const isRoot = process.getuid?.() === 0
const ignore = () => {}
const startMs = Date.UTC(2026, 10, 21, 12)
const hour = 3_600_000
/** A dollar for a CPU and a second. */
const price = { currency: 'USD', perCpuHour: 3600, perGibHour: 0, source: 'made up', asOf: '2026-11-21' } as const

function leaseOf(rest: Partial<Lease> = {}): Lease {
  return {
    id: leaseIdSchema.parse(freshId()),
    organization: acme,
    run: runIdSchema.parse(freshId()),
    slot: '',
    adapter: 'local',
    sandbox: sandboxIdSchema.parse(freshId()),
    owner: 'one',
    startedAtMs: startMs,
    agent: 'ann',
    kind: 'code.execute',
    cpus: 1,
    memoryBytes: gib,
    diskBytes: 2 * gib,
    price,
    expiresAtMs: startMs + 60_000,
    estimateUsd: 10,
    ...rest,
  }
}

function runOf(agentName: string, organization: OrganizationId = acme): RunRecord {
  return {
    run: {
      id: runIdSchema.parse(freshId()),
      organization,
      kind: 'database.read',
      status: 'queued',
      attempts: [],
      artifacts: [],
      usage: { leasedMs: 0, costUsd: 0 },
      createdAtMs: startMs,
    },
    operation: {
      kind: 'database.read',
      input: { query: 'q', parameters: {} },
      trust: 'internal',
      sensitivity: 'internal',
      timeoutMs: 1000,
      resources: {},
      egress: [],
    },
    operationHash: 'h',
    requester: { agentName },
    cancelRequested: false,
    version: 1,
  }
}

describe.each([
  { name: 'the embedded Postgres', start: embeddedServer, skip: false },
  {
    name: "Debian's Postgres (skipped unless root, who can start it as user postgres)",
    start: debianServer,
    skip: !isRoot,
  },
])('organizations on $name', ({ start, skip }) => {
  if (skip) {
    it.skip('needs root to start Postgres as user postgres', () => {})
    return
  }
  let server: TestServer
  let opened: OpenDatabase
  let signals: Signals
  /** Three replicas: each has connections of its own. */
  const replicas: { opened: OpenDatabase; stores: PostgresStores }[] = []
  let stores: PostgresStores
  let limits: LimitsStore

  beforeAll(async () => {
    server = await start()
    const connection = await server.fresh()
    await migrateDatabase(connection)
    signals = await openSignals(connection, ignore)
    for (let index = 0; index < 3; index += 1) {
      const one = openDatabase(connection, { connections: 6, onError: ignore })
      replicas.push({ opened: one, stores: await createPostgresStores(one.database, signals) })
    }
    const [first] = replicas
    if (first === undefined) throw new Error('there is no replica')
    ;({ opened, stores } = first)
    limits = createLimitsStore(opened.database)
  })
  beforeEach(async () => await emptyTables(opened.pool))
  afterAll(async () => {
    await signals[Symbol.asyncDispose]()
    for (const replica of replicas) await replica.opened.pool.end()
    await server[Symbol.asyncDispose]()
  })

  /** Asks all replicas at once, and says how many were let in; the others must have been told that there is no room. */
  async function storm(count: number, make: (index: number) => Lease): Promise<number> {
    const answers = await Promise.allSettled(
      Array.from({ length: count }, async (_, index) => await replicas[index % 3]?.stores.leases.open(make(index))),
    )
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
    for (const reason of refused) expect(reason).toMatchObject({ code: 'quota-exceeded' })
    return count - refused.length
  }

  describe('quotas', () => {
    it.each([
      ['sandboxes', { sandboxes: 7 }, 7],
      ['new sandboxes in a minute', { createsPerMinute: 5 }, 5],
      ['CPUs', { cpus: 4 }, 4],
      ['memory', { memoryBytes: 3 * gib }, 3],
    ])('never lets in one too many %s, whatever replicas are asked at once', async (_what, quota, room) => {
      await limits.setQuota(acme, { agent: '', ...quota })
      expect(await storm(30, () => leaseOf())).toBe(room)
      expect(await stores.leases.listOpen(acme)).toHaveLength(room)
      // Another organization has room of its own.
      expect(await storm(3, () => leaseOf({ organization: globex }))).toBe(3)
    })

    it('keeps one agent from taking what is there for all', async () => {
      await limits.setQuota(acme, { agent: '', sandboxes: 10 })
      await limits.setQuota(acme, { agent: 'greedy', sandboxes: 6 })
      expect(await storm(20, () => leaseOf({ agent: 'greedy' }))).toBe(6)
      expect(await storm(20, () => leaseOf({ agent: 'modest' }))).toBe(4)
    })

    it('has room again when something ends, and when the minute is over', async () => {
      await limits.setQuota(acme, { agent: '', sandboxes: 1, createsPerMinute: 1 })
      const lease = leaseOf()
      await stores.leases.open(lease)
      await expect(stores.leases.open(leaseOf())).rejects.toMatchObject({ retryable: true, retryAfterMs: 1000 })
      await stores.leases.end(acme, lease.id, startMs + 1000)
      await expect(stores.leases.open(leaseOf({ startedAtMs: startMs + 2000 }))).rejects.toMatchObject({
        code: 'quota-exceeded',
      })
      await stores.leases.open(leaseOf({ startedAtMs: startMs + 60_001 }))
    })

    it('counts runs by day, once however often a submission is repeated', async () => {
      await limits.setQuota(acme, { agent: '', runsPerDay: 5 })
      await limits.setQuota(acme, { agent: 'ann', runsPerDay: 2 })
      const record = runOf('ann')
      for (let index = 0; index < 4; index += 1) await stores.runs.create(record)
      await stores.runs.create(runOf('ann'))
      await expect(stores.runs.create(runOf('ann'))).rejects.toMatchObject({
        code: 'quota-exceeded',
        retryAfterMs: 12 * hour,
      })
      const answers = await Promise.allSettled(
        Array.from(
          { length: 12 },
          async (_, index) => await replicas[index % 3]?.stores.runs.create(runOf(`other ${index}`)),
        ),
      )
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
      expect((await stores.runs.list(acme)).runs).toHaveLength(5)
    })
  })

  describe('audit log', () => {
    const append = async (index: number, organization = acme) =>
      await replicas[index % 3]?.stores.audit.append({
        organization,
        atMs: index,
        action: 'quota.set',
        actor: `ann\0 "${index}" ü`,
        details: { index },
      })
    const verify = async () =>
      await verifyAuditChain('acme', stores.audit.chain(acme, { after: 0, limit: 500 }), await stores.audit.head(acme))

    it('is one chain per organization without gaps, whoever writes', async () => {
      await Promise.all(
        Array.from({ length: 40 }, async (_, index) => await append(index, index % 4 === 0 ? globex : acme)),
      )
      expect(await verify()).toEqual({ intact: true, events: 30 })
      const other = await stores.audit.chain(globex, { after: 0, limit: 500 })
      expect(other.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 10 }, (_, index) => index + 1))
    })

    it('tells of what the owner of the service does past the keys', async () => {
      await createKeyAsOwner(opened.database, acme, { name: 'ci', role: 'admin' })
      await setQuotaAsOwner(opened.database, acme, { agent: '', sandboxes: 3 })
      const told = (await stores.audit.list(acme)).map(({ action, actor, details }) => [action, actor, details])
      expect(told).toEqual([
        ['quota.set', 'the owner of the service', { agent: '', sandboxes: 3 }],
        ['key.created', 'the owner of the service', { key: expect.any(String), name: 'ci', role: 'admin' }],
      ])
    })

    it('can be neither changed nor shortened, not even by the service itself', async () => {
      await append(1)
      for (const statement of [
        'update audit set run = null',
        'delete from audit',
        'truncate audit',
        'update audit_heads set sequence = 0',
        `update audit_heads set organization = 'globex', sequence = sequence + 1`,
        'delete from audit_heads',
        'truncate audit_heads',
      ]) {
        await expect(opened.pool.query(statement), statement).rejects.toMatchObject({ code: '42501' })
      }
      expect(await verify()).toEqual({ intact: true, events: 1 })
    })

    it.each([
      [
        'an event is changed',
        `update audit set event = replace(event::text, '"index":2', '"index":9')::json where sequence = 3`,
        3,
      ],
      ['an event is taken out', 'delete from audit where sequence = 3', 3],
      ['the end is cut off', 'delete from audit where sequence > 4', 5],
      [
        'two change places',
        'update audit set sequence = case sequence when 2 then -3 when 3 then -2 end where sequence in (2, 3); update audit set sequence = -sequence where sequence < 0',
        2,
      ],
    ])('shows it when %s past the triggers', async (_what, statement, at) => {
      for (let index = 0; index < 6; index += 1) await append(index)
      await opened.pool.query(
        `set session_replication_role = replica; ${statement}; set session_replication_role = origin`,
      )
      expect(await verify()).toMatchObject({ intact: false, at })
    })
  })

  describe('costs', () => {
    it('adds up to the leases, by whatever they are told apart', async () => {
      const stays = fc.array(
        fc.record({
          agent: fc.constantFrom('ann', 'bob'),
          kind: fc.constantFrom('code.execute', 'batch.run'),
          lengthMs: fc.integer({ min: 0, max: 60 * hour }),
          pauseMs: fc.option(fc.tuple(fc.integer({ min: 0, max: 60 * hour }), fc.integer({ min: 0, max: 60 * hour })), {
            nil: undefined,
          }),
          cpus: fc.integer({ min: 1, max: 4 }),
        }),
        { maxLength: 6 },
      )
      const costs = createCostStore(opened.database)
      await fc.assert(
        fc.asyncProperty(stays, async (wanted) => {
          await emptyTables(opened.pool)
          let nanos = 0
          await Promise.all(
            wanted.map(async ({ agent, kind, lengthMs, pauseMs, cpus }, index) => {
              const lease = leaseOf({
                agent,
                kind,
                cpus,
                price: { ...price, perCpuHour: 0.0504, perPausedGibHour: 0.01 },
              })
              const leases = replicas[index % 3]?.stores.leases ?? stores.leases
              await leases.open(lease)
              const pauses =
                pauseMs === undefined
                  ? []
                  : [{ fromAtMs: startMs + pauseMs[0], untilAtMs: startMs + pauseMs[0] + pauseMs[1] }]
              for (const { fromAtMs, untilAtMs } of pauses) {
                await leases.pause(acme, lease.id, fromAtMs)
                await leases.resume(acme, lease.id, untilAtMs)
              }
              // Ended by all at once: it counts once.
              const endedAtMs = startMs + lengthMs
              await Promise.all(
                replicas.map(async (replica) => await replica.stores.leases.end(acme, lease.id, endedAtMs)),
              )
              const days = costByDay(lease.price, lease, { startedAtMs: startMs, endedAtMs, pauses })
              nanos += days.reduce((total, day) => total + day.nanos, 0)
            }),
          )
          for (const by of [[], ['day'], ['agent', 'kind'], ['adapter', 'day', 'kind', 'agent']] as const) {
            const rows = await costs.report(acme, { from: '2026-11-01', to: '2026-12-31', by: [...by] })
            expect(Math.round(rows.reduce((total, { costUsd }) => total + costUsd, 0) * 1e9)).toBe(nanos)
          }
          expect(await costs.report(globex, { from: '2026-11-01', to: '2026-12-31', by: ['day'] })).toEqual([])
        }),
        { numRuns: 12 },
      )
    })

    it('tells what was reckoned with beside what it came to', async () => {
      const lease = leaseOf({ price: { ...price, perDiskGibHour: 3600 } })
      await stores.leases.open(lease)
      await stores.leases.pause(acme, lease.id, startMs + 9000)
      await stores.leases.end(acme, lease.id, startMs + 12_000)
      const query = { from: '2026-11-21', to: '2026-11-21', by: ['agent' as const] }
      expect(await createCostStore(opened.database).report(acme, query)).toEqual([
        {
          agent: 'ann',
          leases: 1,
          runningSeconds: 9,
          pausedSeconds: 3,
          storageGibHours: (2 * 12) / 3600,
          // Nine dollars for the CPU, and two a second for the disk that stays.
          costUsd: 9 + 24,
          estimateUsd: 10,
        },
      ])
    })
  })

  describe('budgets', () => {
    it('stops before the money is spent: what runs is reckoned to the end of its time', async () => {
      // Each may run for a minute at a dollar a second.
      await limits.setBudget(acme, { agent: '', hardUsd: 250 })
      expect(await storm(20, () => leaseOf())).toBe(4)
      expect(await limits.remainingUsd(acme)).toBe(10)
      const [open] = await stores.leases.listOpen(acme)
      // What ends early gives back what it did not need.
      await stores.leases.end(acme, open?.id ?? leaseOf().id, startMs + 1000)
      expect(await limits.remainingUsd(acme)).toBe(69)
      expect(await storm(20, () => leaseOf())).toBe(1)
      expect(await limits.budgets(acme)).toEqual([
        { agent: '', hardUsd: 250, month: expect.any(String), committedUsd: 241 },
      ])
    })

    it('refuses more time that it has no room for', async () => {
      await limits.setBudget(acme, { agent: 'ann', hardUsd: 100 })
      const lease = leaseOf()
      await stores.leases.open(lease)
      await stores.leases.prolong(acme, lease.id, startMs + 100_000)
      await expect(stores.leases.prolong(acme, lease.id, startMs + 101_000)).rejects.toMatchObject({ field: 'budget' })
      expect((await stores.leases.listOpen(acme))[0]?.expiresAtMs).toBe(startMs + 100_000)
      await stores.leases.open(leaseOf({ agent: 'bob' }))
    })

    it('warns once, in the audit log', async () => {
      await limits.setBudget(acme, { agent: '', softUsd: 100 })
      for (let index = 0; index < 4; index += 1) await stores.leases.open(leaseOf())
      const warnings = (await stores.audit.list(acme)).filter(({ action }) => action === 'budget.warning')
      expect(warnings).toMatchObject([{ details: { month: '2026-11', softUsd: 100, committedUsd: 120 } }])
    })

    it('holds whatever is opened, prolonged, paused and ended in whatever order', async () => {
      const step = fc.oneof(
        fc.record({ what: fc.constant('open' as const), seconds: fc.integer({ min: 1, max: 120 }) }),
        fc.record({
          what: fc.constantFrom('end' as const, 'prolong' as const, 'pause' as const),
          seconds: fc.integer({ min: 1, max: 120 }),
          which: fc.nat(5),
        }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          await emptyTables(opened.pool)
          await limits.setBudget(acme, { agent: '', hardUsd: 200 })
          const live = new Map<Lease['id'], number>()
          let atMs = startMs
          for (const { what, seconds, ...rest } of steps) {
            atMs += 1000
            // Sandboxes end with their time.
            for (const [id, expiresAtMs] of live) {
              if (expiresAtMs > atMs) continue
              await stores.leases.end(acme, id, expiresAtMs)
              live.delete(id)
            }
            const id = [...live.keys()][('which' in rest ? rest.which : 0) % Math.max(1, live.size)]
            const untilMs = atMs + seconds * 1000
            if (what === 'open') {
              const lease = leaseOf({ startedAtMs: atMs, expiresAtMs: untilMs })
              await stores.leases.open(lease).then(() => live.set(lease.id, untilMs), ignore)
            } else if (id !== undefined && what === 'prolong') {
              await stores.leases.prolong(acme, id, untilMs).then(() => live.set(id, untilMs), ignore)
            } else if (id !== undefined && what === 'pause') await stores.leases.pause(acme, id, atMs)
            else if (id !== undefined) {
              await stores.leases.end(acme, id, atMs)
              live.delete(id)
            }
          }
          for (const [id, expiresAtMs] of live) await stores.leases.end(acme, id, expiresAtMs)
          const rows = await createCostStore(opened.database).report(acme, {
            from: '2026-11-01',
            to: '2026-11-30',
            by: [],
          })
          expect(rows[0]?.costUsd ?? 0).toBeLessThanOrEqual(200)
        }),
        { numRuns: 15 },
      )
    })
  })

  describe('keys', () => {
    it('are kept as hashes, end with their time, and go on for a while when they are rotated', async () => {
      const keys = createKeyStore(opened.database)
      const mine = await keys.create({ name: 'ci', role: 'operator' }, acme)
      const { rows } = await opened.pool.query('select to_jsonb(api_keys)::text as row from api_keys')
      expect(JSON.stringify(rows)).not.toContain(mine.key)
      expect((await keys.list(acme))[0]).toMatchObject({ prefix: mine.key.slice(0, 12) })

      const ended = await keys.create({ name: 'old', role: 'agent', expiresAtMs: Date.now() - 1 }, acme)
      expect(await keys.verify(ended.key)).toBeUndefined()
      expect(await keys.rotate(ended.id, 0, acme)).toBeUndefined()

      const fresh = await keys.rotate(mine.id, 60_000, acme)
      expect(fresh).toMatchObject({ name: 'ci', role: 'operator' })
      for (const key of [mine.key, fresh?.key ?? '']) expect(await keys.verify(key)).toMatchObject({ keyName: 'ci' })
      const last = await keys.rotate(fresh?.id ?? '', 0, acme)
      expect(await keys.verify(fresh?.key ?? '')).toBeUndefined()
      expect(await keys.verify(last?.key ?? '')).toMatchObject({ organization: 'acme', role: 'operator' })
      expect(await keys.rotate(last?.id ?? '', 0, globex)).toBeUndefined()
    })

    it('that end live as long again when they are rotated, and not for ever', async () => {
      const keys = createKeyStore(opened.database)
      const beginMs = Date.now()
      const ending = await keys.create({ name: 'ci', role: 'agent', expiresAtMs: beginMs + 60_000 }, acme)
      const fresh = await keys.rotate(ending.id, 0, acme)
      const lengthMs = (fresh?.expiresAtMs ?? Infinity) - (fresh?.createdAtMs ?? 0)
      expect(lengthMs).toBeGreaterThan(0)
      expect(lengthMs).toBeLessThanOrEqual(60_000)
    })
  })
})
