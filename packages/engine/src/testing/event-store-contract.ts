import { freshId, runIdSchema } from '@caisson/core'
import { isTrue, same, type StoresFactory, type TestRunner } from './runner.ts'
import { acme, globex, sampleOutput, sampleRun, sequencesOf } from './samples.ts'

export function defineEventStoreContract({ describe, it }: TestRunner, fresh: StoresFactory): void {
  const withRun = async () => {
    const stores = await fresh()
    const { record } = await stores.runs.create(sampleRun())
    return { events: stores.events, id: record.run.id }
  }
  const all = { after: 0, limit: 1_000 }

  describe('event store', () => {
    it('numbers events from 1 and gives them back in order', async () => {
      const { events, id } = await withRun()
      same(await events.append(acme, id, [{ type: 'status', atMs: 1, status: 'running' }, sampleOutput('a', 0)]), 2)
      same(await events.append(acme, id, [sampleOutput('b', 1)]), 3)
      same(await events.read(acme, id, all), [
        { type: 'status', atMs: 1, status: 'running', sequence: 1 },
        { ...sampleOutput('a', 0), sequence: 2 },
        { ...sampleOutput('b', 1), sequence: 3 },
      ])
    })

    it('leaves no gap and no repetition when several append at the same time', async () => {
      const { events, id } = await withRun()
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          events.append(acme, id, [
            sampleOutput('x', index, `s${index}`),
            { type: 'progress', atMs: 1, done: index, total: 20 },
          ]),
        ),
      )
      same(
        sequencesOf(await events.read(acme, id, all)),
        Array.from({ length: 40 }, (_, index) => index + 1),
      )
    })

    it('reads from any place and at most what was asked for', async () => {
      const { events, id } = await withRun()
      await events.append(
        acme,
        id,
        Array.from({ length: 10 }, (_, index) => sampleOutput('x', index)),
      )
      same(sequencesOf(await events.read(acme, id, { after: 4, limit: 3 })), [5, 6, 7])
      same(await events.read(acme, id, { after: 10, limit: 3 }), [])
    })

    it('hides the events of other organizations', async () => {
      const { events, id } = await withRun()
      await events.append(acme, id, [sampleOutput('secret', 0)])
      same(await events.read(globex, id, all), [])
      same(await events.position(globex, id, ''), { lastSequence: 0, storedBytes: 0, nextOffset: 0 })
    })

    it('says where each source ends', async () => {
      const { events, id } = await withRun()
      same(await events.position(acme, id, ''), { lastSequence: 0, storedBytes: 0, nextOffset: 0 })
      await events.append(acme, id, [sampleOutput('abc', 0, 'one'), sampleOutput('de', 7, 'two')])
      same(await events.position(acme, id, 'one'), { lastSequence: 2, storedBytes: 5, nextOffset: 3 })
      same(await events.position(acme, id, 'two'), { lastSequence: 2, storedBytes: 5, nextOffset: 9 })
      same((await events.position(acme, id, 'three')).nextOffset, 0)
    })

    it('keeps bytes that are no text', async () => {
      const { events, id } = await withRun()
      const base64 = Buffer.from([0, 255, 254, 10]).toString('base64')
      await events.append(acme, id, [{ type: 'output', atMs: 1, source: '', stream: 'stderr', offset: 0, base64 }])
      const [event] = await events.read(acme, id, all)
      same(event?.type === 'output' ? event.base64 : undefined, base64)
    })

    it('wakes who waits when something comes', async () => {
      const { events, id } = await withRun()
      const waiting = events.waitForMore(acme, id, { after: 0, timeoutMs: 60_000 })
      await events.append(acme, id, [sampleOutput('x', 0)])
      await waiting
      await events.waitForMore(acme, id, { after: 0, timeoutMs: 60_000 })
    })

    it('ends the waiting with the time or the signal', async () => {
      const { events, id } = await withRun()
      await events.waitForMore(acme, id, { after: 0, timeoutMs: 10 })
      const controller = new AbortController()
      const waiting = events.waitForMore(acme, id, { after: 0, timeoutMs: 60_000, signal: controller.signal })
      controller.abort()
      await waiting
    })

    it('has an empty log for a run that it does not know', async () => {
      const { events } = await fresh()
      const unknown = runIdSchema.parse(freshId())
      same(await events.read(acme, unknown, all), [])
      isTrue((await events.position(acme, unknown, '')).lastSequence === 0, 'nothing is there')
    })
  })
}
