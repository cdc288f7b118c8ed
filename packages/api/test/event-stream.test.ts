import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { apiRouter } from '../src/index.ts'
import { contextOf, emptyServices, someEvents } from './support/fake-services.ts'

it('tells of a failure behind events that nobody has read yet, and of no failure but there', async () => {
  const unheard: unknown[] = []
  const note = (error: unknown) => void unheard.push(error)
  process.on('unhandledRejection', note)
  try {
    const ctx = contextOf('agent', {
      runs: {
        ...emptyServices.runs,
        events: async function* () {
          yield* someEvents
          throw new Error('the store is gone')
        },
      },
    })
    const response = await fetchRequestHandler({
      endpoint: '/trpc',
      req: new Request(`http://caisson/trpc/runs.events?input=${encodeURIComponent('{"id":"run1"}')}`, {
        headers: { accept: 'text/event-stream' },
      }),
      router: apiRouter,
      createContext: () => ctx,
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (;;) {
      // A slow reader: all that can happen before it asks again does.
      for (let turn = 0; turn < 5; turn += 1) await setImmediate()
      const { value, done } = (await reader?.read()) ?? { done: true }
      if (done) break
      text += value ?? ''
    }
    expect(text.match(/^id: \d$/gm)).toHaveLength(someEvents.length)
    expect(text).toContain('event: serialized-error')
    expect(unheard).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
  }
})
