import { freshId, runIdSchema } from '@caisson/core'
import type { BatchStore, NewBatch, TakenItem } from '../ports/batch-store.ts'
import { isTrue, same, type StoresFactory, type TestRunner } from './runner.ts'
import { acme, globex } from './samples.ts'

const leaseMs = 60_000

function sampleBatch(overrides: Partial<NewBatch> = {}): NewBatch {
  return {
    organization: acme,
    run: runIdSchema.parse(freshId()),
    total: 3,
    retry: { attempts: 3, delayMs: 0, maxDelayMs: 0 },
    createdAtMs: 1_000,
    endsAtMs: 61_000,
    ...overrides,
  }
}

async function takeOne(batches: BatchStore, batch: NewBatch): Promise<TakenItem> {
  for (let tries = 0; tries < 100; tries += 1) {
    const item = await batches.take(batch, leaseMs)
    if (item !== undefined) return item
    // Due at once may be due with the next tick of the database's clock.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('there is no item')
}

export function defineBatchStoreContract({ describe, it }: TestRunner, fresh: StoresFactory): void {
  describe('batch store', () => {
    it('gives every item to one worker, however many want one', async () => {
      const { batches } = await fresh()
      const batch = sampleBatch({ total: 20 })
      await Promise.all([batches.open(batch), batches.open(batch)])
      const taken = await Promise.all(Array.from({ length: 30 }, async () => await batches.take(batch, leaseMs)))
      const indexes = taken.flatMap((item) => (item === undefined ? [] : [item.index]))
      same(
        indexes.toSorted((left, right) => left - right),
        Array.from({ length: 20 }, (_, index) => index),
      )
      same((await batches.get(batch))?.counts, { waiting: 0, running: 20, succeeded: 0, dead: 0, cancelled: 0 })
    })

    it('keeps what became of an item, and never gives it out again', async () => {
      const { batches } = await fresh()
      const batch = sampleBatch({ total: 2 })
      await batches.open(batch)
      const first = await takeOne(batches, batch)
      same(await batches.renew(batch, first, leaseMs), 'held')
      const result = { result: { text: 'a\0b \ud800' } }
      same(await batches.finish(batch, first, { state: 'succeeded', result }), true)
      same(await batches.finish(batch, first, { state: 'dead', result: {} }), false)
      same(await batches.putBack(batch, first, {}), false)
      same(await batches.renew(batch, first, leaseMs), 'lost')
      await batches.open(batch)
      const second = await takeOne(batches, batch)
      isTrue(second.index !== first.index, 'it is the other one')
      same(await batches.take(batch, leaseMs), undefined)
      same(await batches.items(batch, { after: -1, limit: 10, states: ['succeeded'] }), [
        { index: first.index, state: 'succeeded', attempts: 1, ...result },
      ])
    })

    it('gives an item that was put back out again, and knows the worker of before no more', async () => {
      const { batches } = await fresh()
      const batch = sampleBatch({ total: 1 })
      await batches.open(batch)
      const first = await takeOne(batches, batch)
      same(await batches.putBack(batch, first, { stderr: 'no' }), true)
      const second = await takeOne(batches, batch)
      same([first.attempt, second.attempt], [1, 2])
      same(await batches.finish(batch, first, { state: 'succeeded', result: {} }), false)
      await batches.leave(batch, second)
      const third = await takeOne(batches, batch)
      same(third.attempt, 2)
      same(await batches.finish(batch, third, { state: 'dead', result: { stderr: 'no' } }), true)
      const found = await batches.get(batch)
      same([found?.counts.dead, found?.retries], [1, 1])
    })

    it('gives nothing out any more once it is closed', async () => {
      const { batches } = await fresh()
      const batch = sampleBatch()
      await batches.open(batch)
      const first = await takeOne(batches, batch)
      const second = await takeOne(batches, batch)
      await batches.close(batch, 'drain')
      same(await batches.take(batch, leaseMs), undefined)
      same(await batches.renew(batch, first, leaseMs), 'held')
      same(await batches.putBack(batch, first, { stderr: 'no' }), true)
      await batches.close(batch, 'cancel')
      same(await batches.renew(batch, second, leaseMs), 'closed')
      await batches.close(batch, 'end')
      await batches.close(batch, 'end')
      same(await batches.renew(batch, second, leaseMs), 'lost')
      same(await batches.finish(batch, second, { state: 'succeeded', result: {} }), false)
      const found = await batches.get(batch)
      same(found?.counts, { waiting: 0, running: 0, succeeded: 0, dead: 0, cancelled: 3 })
      isTrue(found?.closedAtMs !== undefined, 'it says since when')
    })

    it('says why workers wait until one goes on, and keeps the first reason to give up', async () => {
      const { batches } = await fresh()
      const batch = sampleBatch()
      await batches.open(batch)
      const reason = (message: string) =>
        ({ kind: 'operation', code: 'quota-exceeded', message, retryable: true }) as const
      await batches.hinder(batch, reason('full'))
      same((await batches.get(batch))?.hindrance, reason('full'))
      await takeOne(batches, batch)
      same((await batches.get(batch))?.hindrance, undefined)
      await batches.giveUp(batch, reason('one'))
      await batches.giveUp(batch, reason('two'))
      same((await batches.get(batch))?.failure, reason('one'))
    })

    it('hides batches from other organizations', async () => {
      const { batches } = await fresh()
      const batch = sampleBatch()
      const later = sampleBatch({ createdAtMs: 2_000 })
      await batches.open(batch)
      await batches.open(later)
      const theirs = { organization: globex, run: batch.run }
      same(await batches.get(theirs), undefined)
      same(await batches.items(theirs, { after: -1, limit: 10 }), [])
      same(await batches.list(globex, 10), [])
      same(
        (await batches.list(acme, 10)).map(({ run }) => run),
        [later.run, batch.run],
      )
    })
  })
}
