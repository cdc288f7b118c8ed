import type { AuditEvent } from '../ports/audit-store.ts'
import type { RunRecord, RunStore, Told } from '../ports/run-store.ts'
import { isTrue, same, type StoresFactory, type TestRunner } from './runner.ts'
import { acme, globex, sampleOutput, sampleRun } from './samples.ts'

export function defineRunStoreContract({ describe, it }: TestRunner, fresh: StoresFactory): void {
  const withRun = async (overrides: Partial<RunRecord['run']> = {}) => {
    const { runs } = await fresh()
    const { record } = await runs.create(sampleRun(overrides))
    return { runs, record, id: record.run.id }
  }
  const claimAs = (runs: RunStore, record: RunRecord, owner: string, nowMs: number) =>
    runs.claim(record.run.organization, record.run.id, { owner, untilMs: nowMs + 100, nowMs })

  describe('run store', () => {
    it('keeps a record as it was given', async () => {
      const { runs, record, id } = await withRun({ value: { deep: [1, null, 'ü'] } })
      same(await runs.get(acme, id), record)
    })

    it('gives the stored run back when the id is taken', async () => {
      const { runs, record } = await withRun()
      const again = await runs.create({ ...record, operationHash: 'c'.repeat(64) })
      same(again, { record, created: false })
    })

    it('creates once when several do at the same time', async () => {
      const { runs } = await fresh()
      const record = sampleRun()
      const all = await Promise.all(Array.from({ length: 8 }, () => runs.create(record)))
      same(all.filter(({ created }) => created).length, 1)
    })

    it('hides the runs of other organizations', async () => {
      const { runs, record, id } = await withRun()
      same(await runs.get(globex, id), undefined)
      same((await runs.list(globex)).runs, [])
      same(
        await runs.update({ ...record, run: { ...record.run, organization: globex } }, { cancelRequested: true }),
        undefined,
      )
      same(await runs.claim(globex, id, { owner: 'x', untilMs: 2, nowMs: 1 }), undefined)
      same(await runs.get(acme, id), record)
    })

    it('lets the same id exist in two organizations', async () => {
      const { runs, record } = await withRun()
      const { created } = await runs.create({ ...record, run: { ...record.run, organization: globex } })
      same(created, true)
    })

    it('changes only the version that it was asked to change', async () => {
      const { runs, record, id } = await withRun()
      const changed = await runs.update(record, { run: { ...record.run, status: 'running' } })
      same(changed?.run.status, 'running')
      same(await runs.update(record, { run: { ...record.run, status: 'failed' } }), undefined)
      same((await runs.get(acme, id))?.run.status, 'running')
    })

    it('tells with a run and with its changes, and of nothing that did not happen', async () => {
      const { runs, events, audit } = await fresh()
      const record = sampleRun()
      const { organization, id } = record.run
      const told = (status: RunRecord['run']['status'], action: AuditEvent['action']): Told => ({
        events: [{ type: 'status', atMs: 1, status }, sampleOutput(status, 0, status)],
        audit: { organization, run: id, atMs: 1, action, details: {} },
      })
      await runs.create(record, told('queued', 'run.submitted'))
      await runs.create(record, told('queued', 'run.submitted'))
      await runs.update(record, told('running', 'run.decided'))
      await runs.update(record, told('failed', 'run.finished'))
      same(
        (await events.read(acme, id, { after: 0, limit: 100 })).map((event) => [
          event.sequence,
          event.type === 'status' ? event.status : event.type,
        ]),
        [
          [1, 'queued'],
          [2, 'output'],
          [3, 'running'],
          [4, 'output'],
        ],
      )
      same((await events.position(acme, id, 'running')).nextOffset, 'running'.length)
      same(
        (await audit.list(acme)).map(({ action }) => action),
        ['run.decided', 'run.submitted'],
      )
    })

    it('wakes who waits for more with what is told', async () => {
      const { runs, events } = await fresh()
      const { record } = await runs.create(sampleRun())
      const { organization, id } = record.run
      const waiting = events.waitForMore(organization, id, { after: 0, timeoutMs: 60_000 })
      await runs.update(record, { events: [{ type: 'status', atMs: 1, status: 'running' }] })
      await waiting
      same((await events.position(organization, id, '')).lastSequence, 1)
    })

    it('lets one of several concurrent changes win', async () => {
      const { runs, record } = await withRun()
      const all = await Promise.all(Array.from({ length: 8 }, () => runs.update(record, { cancelRequested: true })))
      same(all.filter((result) => result !== undefined).length, 1)
    })

    it('keeps what a change does not name, and gives up a claim for null', async () => {
      const { runs, record, id } = await withRun()
      const claimed = (await claimAs(runs, record, 'one', 1_000)) ?? record
      const changed = (await runs.update(claimed, { cancelRequested: true })) ?? record
      same(changed.claim, { owner: 'one', untilMs: 1_100 })
      same(changed.requester, record.requester)
      const released = await runs.update(changed, { claim: null })
      same(released?.claim, undefined)
      same(released?.cancelRequested, true)
      same(await runs.get(acme, id), released)
    })

    it('claims for one owner until the time is over', async () => {
      const { runs, record } = await withRun()
      isTrue((await claimAs(runs, record, 'one', 1_000)) !== undefined, 'a free run can be claimed')
      same(await claimAs(runs, record, 'two', 1_050), undefined)
      isTrue((await claimAs(runs, record, 'one', 1_050)) !== undefined, 'the owner can renew')
      same(await claimAs(runs, record, 'two', 1_149), undefined)
      same((await claimAs(runs, record, 'two', 1_150))?.claim?.owner, 'two')
      same(await claimAs(runs, record, 'one', 1_160), undefined)
    })

    it('gives a run to one of several claimants', async () => {
      const { runs, record } = await withRun()
      const all = await Promise.all(Array.from({ length: 8 }, (_, index) => claimAs(runs, record, `o${index}`, 1_000)))
      same(all.filter((result) => result !== undefined).length, 1)
    })

    it('invalidates the version of others with a claim', async () => {
      const { runs, record } = await withRun()
      await claimAs(runs, record, 'one', 1_000)
      same(await runs.update(record, { cancelRequested: true }), undefined)
    })

    it('claims nothing that is over', async () => {
      const { runs, record } = await withRun({ status: 'succeeded' })
      same(await claimAs(runs, record, 'one', 1_000), undefined)
    })

    it('finds abandoned runs of all organizations, oldest first', async () => {
      const { runs } = await fresh()
      const first = await runs.create(sampleRun({ createdAtMs: 1 }))
      const second = await runs.create(sampleRun({ createdAtMs: 2, organization: globex }))
      const held = await runs.create(sampleRun({ createdAtMs: 3 }))
      await runs.create(sampleRun({ createdAtMs: 4, status: 'failed' }))
      await claimAs(runs, first.record, 'one', 0)
      await claimAs(runs, held.record, 'two', 1_000)
      const ids = (await runs.listAbandoned(1_050, 10)).map(({ run }) => run.id)
      same(ids, [first.record.run.id, second.record.run.id])
      same((await runs.listAbandoned(1_050, 1)).length, 1)
    })

    it('pages through a list, newest first, with filters', async () => {
      const { runs } = await fresh()
      const ids: string[] = []
      for (let index = 0; index < 7; index += 1) {
        const status = index % 2 === 0 ? 'succeeded' : 'failed'
        const { record } = await runs.create(sampleRun({ createdAtMs: index, status }))
        ids.unshift(record.run.id)
      }
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await runs.list(acme, { limit: 3, cursor })
        seen.push(...page.runs.map(({ id }) => id))
        cursor = page.next
      } while (cursor !== undefined)
      same(seen, ids)
      same((await runs.list(acme, { statuses: ['failed'] })).runs.length, 3)
      same((await runs.list(acme, { kinds: ['code.execute'] })).runs.length, 0)
    })
  })
}
