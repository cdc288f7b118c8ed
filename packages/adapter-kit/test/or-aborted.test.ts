import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { orAborted } from '../src/index.ts'

it('gives the answer, or the failure, of work that is done in time, and listens no longer', async () => {
  const { signal } = new AbortController()
  expect(await orAborted(signal, async (given) => await Promise.resolve(given === signal))).toBe(true)
  const failing = orAborted(signal, async () => await Promise.reject(new Error('broken')))
  await expect(failing).rejects.toThrow('broken')
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

it('does not wait for work that heeds no signal, nor begins it when it is too late', async () => {
  const controller = new AbortController()
  const work = Promise.withResolvers<never>()
  const given = orAborted(controller.signal, async () => await work.promise)
  controller.abort(new Error('given up'))
  await expect(given).rejects.toThrow('given up')
  // Heard by nobody, and harmful to nobody.
  work.reject(new Error('late'))
  let begun = false
  const late = orAborted(controller.signal, async () => await Promise.resolve((begun = true)))
  await expect(late).rejects.toThrow('given up')
  expect(begun).toBe(false)
})
