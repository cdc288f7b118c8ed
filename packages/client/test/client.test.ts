import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isOperationError, isSandboxError, OperationError, type RunEvent, SandboxError } from '@caisson/core'
import { describe, expect, it } from 'vitest'
import { createClient } from '../src/index.ts'
import { startFakeService } from './support/service.ts'

const operation = { kind: 'command.run', input: { argv: ['true'] as [string] } } as const
const clientOf = (url: string, options: object = {}) => createClient({ url, apiKey: 'key', ...options })
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

async function failure(promise: Promise<unknown>): Promise<OperationError | SandboxError> {
  const error: unknown = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (isOperationError(error) || isSandboxError(error)) return error
  throw new Error('it did not fail with an error of core', { cause: error })
}

describe('following a run', () => {
  it('misses nothing and repeats nothing when the connection breaks again and again', async () => {
    await using service = await startFakeService()
    const seen: number[] = []
    const running = clientOf(service.url).runs.run(operation, { onEvent: ({ sequence }) => seen.push(sequence) })
    for (let round = 1; round <= 4; round += 1) {
      service.run.append('output')
      service.run.append('output')
      await expect.poll(() => seen).toEqual(upTo(round * 4 - 2))
      service.breakConnections()
      // While nobody listens.
      service.run.append('output')
      service.run.append('output')
      await expect.poll(() => seen).toEqual(upTo(round * 4))
    }
    service.run.append('succeeded')
    expect(await running).toMatchObject({ id: 'run1', status: 'succeeded' })
    expect(seen).toEqual(upTo(17))
    expect(service.opened()).toBeGreaterThan(4)
  })

  it('outlives a service that is away for a while', async () => {
    await using service = await startFakeService()
    const seen: number[] = []
    const running = clientOf(service.url).runs.run(operation, { onEvent: ({ sequence }) => seen.push(sequence) })
    service.run.append('output')
    await expect.poll(() => seen).toEqual([1])
    await service.stop()
    service.run.append('output')
    service.run.append('succeeded')
    await service.start()
    expect(await running).toMatchObject({ status: 'succeeded' })
    expect(seen).toEqual([1, 2, 3])
  })

  it('gives up with the reason when the service stays away', async () => {
    await using service = await startFakeService()
    const running = clientOf(service.url, { reconnectMs: 200 }).runs.run(operation)
    service.run.append('output')
    await service.stop()
    expect(await failure(running)).toMatchObject({ code: 'unavailable', adapter: 'caisson', retryable: true })
  })

  it('is one request where nobody watches', async () => {
    await using service = await startFakeService()
    const running = clientOf(service.url).runs.run(operation)
    await expect.poll(() => service.submitted()).toBe(1)
    service.run.append('succeeded')
    expect(await running).toMatchObject({ id: 'run1', status: 'succeeded' })
    expect(service.opened()).toBe(1)
  })

  it('asks again for the same run when that request breaks', async () => {
    await using service = await startFakeService()
    const running = clientOf(service.url).runs.run(operation)
    await expect.poll(() => service.submitted()).toBe(1)
    service.breakConnections()
    await expect.poll(() => service.submitted()).toBe(2)
    service.run.append('succeeded')
    expect(await running).toMatchObject({ id: 'run1', status: 'succeeded' })
    expect(service.ids()).toHaveLength(1)
  })

  it('does not look long for a service that was never there', async () => {
    const service = await startFakeService()
    await service.stop()
    const running = clientOf(service.url).runs.run(operation)
    expect(await failure(running)).toMatchObject({ code: 'unavailable' })
  })

  it('stops at once when the run turns out not to be there', async () => {
    await using service = await startFakeService()
    const events = clientOf(service.url).runs.events('other')[Symbol.asyncIterator]()
    expect(await failure(events.next())).toMatchObject({ code: 'run-not-found' })
  })

  it('begins after what is known, also when all is over', async () => {
    await using service = await startFakeService()
    for (const event of ['output', 'output', 'succeeded'] as const) service.run.append(event)
    const { runs } = clientOf(service.url)
    const sequences = (events: readonly RunEvent[]) => events.map(({ sequence }) => sequence)
    expect(sequences(await Array.fromAsync(runs.events('run1', { after: 1 })))).toEqual([2, 3])
    expect(sequences(await Array.fromAsync(runs.events('run1', { after: 3 })))).toEqual([])
    expect(sequences(await Array.fromAsync(runs.log('run1')))).toEqual([1, 2, 3])
  })

  it('cancels the run when a caller gives up who did not watch it', async () => {
    await using service = await startFakeService()
    const controller = new AbortController()
    const running = clientOf(service.url).runs.run(operation, { signal: controller.signal })
    await expect.poll(() => service.submitted()).toBe(1)
    controller.abort()
    expect(await running).toMatchObject({ status: 'cancelled' })
    expect(service.run.cancelled()).toBe(true)
    expect(service.ids()).toHaveLength(1)
  })

  it('cancels the run when its caller gives up', async () => {
    await using service = await startFakeService()
    const controller = new AbortController()
    const running = clientOf(service.url).runs.run(operation, {
      signal: controller.signal,
      onEvent: () => controller.abort(),
    })
    service.run.append('output')
    expect(await running).toMatchObject({ status: 'cancelled' })
    expect(service.run.cancelled()).toBe(true)
  })
})

describe('a failure', () => {
  it('comes back as what was thrown', async () => {
    await using service = await startFakeService()
    const { runs } = clientOf(service.url)
    service.fail(new SandboxError('rate-limited', 'e2b', 'slow down', { retryAfterMs: 900, remedy: 'wait' }))
    expect(await failure(runs.get('run1'))).toMatchObject({
      '@caisson/error': 'sandbox',
      code: 'rate-limited',
      adapter: 'e2b',
      message: 'slow down',
      remedy: 'wait',
      retryable: true,
      retryAfterMs: 900,
    })
    service.fail(new OperationError('conflict', 'two of them', { field: 'id' }))
    expect(await failure(runs.get('run1'))).toMatchObject({
      '@caisson/error': 'operation',
      code: 'conflict',
      field: 'id',
    })
    service.fail(new Error('password=hunter2'))
    const error = await failure(runs.get('run1'))
    expect(error).toMatchObject({ code: 'internal', remedy: expect.stringContaining('request') })
    expect(error.message).not.toContain('hunter2')
  })

  it('to reach anybody says so, and what to do', async () => {
    expect(await failure(clientOf('http://127.0.0.1:1').whoami())).toMatchObject({
      code: 'unavailable',
      message: 'no service answers at http://127.0.0.1:1',
      remedy: expect.stringContaining('npm start'),
    })
  })

  it.each([
    ['text', 'text/html', '<h1>502 Bad Gateway</h1>'],
    ['other JSON', 'application/json', '{"hello":"world"}'],
    ['an answer that breaks the schema', 'application/json', '{"result":{"data":{"organization":7}}}'],
  ])('to be understood is told apart: %s', async (_what, type, body) => {
    await using server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': type }).end(body)
    }).listen(0, '127.0.0.1')
    await expect.poll(() => server.listening).toBe(true)
    const { port } = server.address() as AddressInfo
    expect(await failure(clientOf(`http://127.0.0.1:${port}`).whoami())).toMatchObject({ code: 'protocol' })
  })

  it('to answer in time is a timeout', async () => {
    await using server = createServer(() => {}).listen(0, '127.0.0.1')
    await expect.poll(() => server.listening).toBe(true)
    const { port } = server.address() as AddressInfo
    const client = clientOf(`http://127.0.0.1:${port}`, { requestTimeoutMs: 50 })
    expect(await failure(client.whoami())).toMatchObject({ code: 'timeout', retryable: true })
    server.closeAllConnections()
  })
})
