import { concatBytes, decodeText, isSandboxError, runShell, type SandboxErrorCode } from '@caisson/core'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Fate, startFaultyProxy } from './support/faulty-proxy.ts'
import { leftovers, onEngines } from './support/on-engines.ts'

const codes: Readonly<Record<Exclude<Fate, 'served' | 'unanswered' | 'slow'>, readonly SandboxErrorCode[]>> = {
  lost: ['unavailable'],
  'answer lost': ['unavailable'],
  cut: ['unavailable'],
  ended: ['unavailable', 'protocol'],
  nonsense: ['protocol', 'provider', 'unavailable'],
}

/** The requests of which a creation is made. */
const steps = [
  /^GET \/version$/,
  /^GET \/info$/,
  /^GET \/images\/.+\/json$/,
  /^POST \/volumes\/create$/,
  /^POST \/containers\/create$/,
  /^POST \/containers\/.+\/attach$/,
  /^POST \/containers\/.+\/start$/,
  /^POST \/containers\/.+\/rename$/,
]

onEngines((engine) => {
  test.each(steps)('a creation that fails at %s says so, leaves nothing, and the next one works', async (step) => {
    await using proxy = await startFaultyProxy(engine.socketPath)
    for (const [fate, expected] of Object.entries(codes)) {
      // Podman takes seconds for each, and what is done about a break is the same.
      if (engine.kind === 'podman' && !['lost', 'cut'].includes(fate)) continue
      // An engine that says it has started what it has not is waited for as long as a slow one.
      if (fate === 'nonsense' && String(step).includes('start')) continue
      const adapter = engine.adapter({ engine: { socketPath: proxy.socketPath } })
      let hits = 0
      proxy.decide = (request) => {
        if (!step.test(request)) return 'served'
        hits += 1
        return fate as Fate
      }
      const error: unknown = await adapter.create({}).catch((thrown: unknown) => thrown)
      // What the engine did right may be nonsense to nobody: an answer that is not read cannot be misunderstood.
      if (fate !== 'nonsense' || isSandboxError(error)) {
        expect(error, fate).toMatchObject({ '@caisson/error': 'sandbox', adapter: engine.kind })
        expect(expected, fate).toContain(isSandboxError(error) ? error.code : String(error))
      }
      expect(hits, fate).toBeGreaterThan(0)
      proxy.decide = () => 'served'
      await adapter.sweep?.()
      if (isSandboxError(error)) expect(await leftovers(engine.docker, engine.namespace), fate).toEqual([])
      for await (const { id } of adapter.list()) await adapter.destroy(id)
      // A connection that broke is made anew, whichever way it broke.
      if (fate === 'cut') await (await adapter.create({})).destroy()
    }
  })

  test('an engine that tells nonsense about itself is asked nothing more', async () => {
    await using proxy = await startFaultyProxy(engine.socketPath)
    const adapter = engine.adapter({ engine: { socketPath: proxy.socketPath } })
    const asked: string[] = []
    proxy.decide = (request) => {
      asked.push(request)
      return 'nonsense'
    }
    await expect(adapter.create({})).rejects.toMatchObject({ '@caisson/error': 'sandbox', code: 'protocol' })
    expect(new Set(asked)).toEqual(new Set(['GET /version']))
  })

  test('an engine that does not answer is given up at the deadline', async () => {
    await using proxy = await startFaultyProxy(engine.socketPath)
    const adapter = engine.adapter({ engine: { socketPath: proxy.socketPath } })
    proxy.decide = (request) => (request.includes('/start') ? 'unanswered' : 'served')
    const startedAtMs = Date.now()
    await expect(adapter.create({}, { deadline: Date.now() + 4000 })).rejects.toMatchObject({ code: 'timeout' })
    expect(Date.now() - startedAtMs).toBeLessThan(8000)
    await expect.poll(async () => await leftovers(engine.docker, engine.namespace), { timeout: 10_000 }).toEqual([])
    await expect(adapter.create({}, { signal: AbortSignal.timeout(3000) })).rejects.toMatchObject({ code: 'cancelled' })
    await expect.poll(async () => await leftovers(engine.docker, engine.namespace), { timeout: 10_000 }).toEqual([])
  })

  test('a slow engine is waited for', async () => {
    await using proxy = await startFaultyProxy(engine.socketPath)
    proxy.decide = () => 'slow'
    const adapter = engine.adapter({ engine: { socketPath: proxy.socketPath }, connection: 'exec' })
    const sandbox = await adapter.create({})
    expect(decodeText((await runShell(sandbox, 'echo done')).stdout)).toBe('done\n')
    await sandbox.destroy()
  })

  test('a way to the daemon that breaks is opened again, and no output is lost', async () => {
    await using proxy = await startFaultyProxy(engine.socketPath)
    const adapter = engine.adapter({ engine: { socketPath: proxy.socketPath }, connection: 'exec' })
    const sandbox = await adapter.create({})
    const process = await sandbox.processes.spawn({
      argv: ['sh', '-c', 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.3; done'],
    })
    const output = Array.fromAsync(process.output, ({ bytes }) => bytes)
    await sleep(700)
    proxy.breakAll()
    expect(decodeText(concatBytes(await output))).toBe('1\n2\n3\n4\n5\n6\n')
    expect((await process.wait()).outcome).toEqual({ kind: 'exited', code: 0 })
    await sandbox.destroy()
  })

  test('the volume with the daemon is made again when somebody has tidied it away', async () => {
    const adapter = engine.adapter()
    await (await adapter.create({})).destroy()
    const { Volumes } = await engine.docker.listVolumes({ filters: { label: ['dev.caisson.role=daemon-volume'] } })
    for (const { Name } of Volumes) await engine.docker.getVolume(Name).remove()
    const sandbox = await adapter.create({})
    expect(decodeText((await runShell(sandbox, 'echo again')).stdout)).toBe('again\n')
    await sandbox.destroy()
  })

  test('without an engine every call says so at once, with what to do', async () => {
    const adapter = engine.adapter({ engine: { socketPath: '/nonexistent/engine.sock' } })
    const expected = { code: 'unavailable', retryable: true, remedy: /start the engine/ }
    await expect(adapter.create({})).rejects.toMatchObject(expected)
    await expect(Array.fromAsync(adapter.list())).rejects.toMatchObject(expected)
    await expect(adapter.sweep?.()).rejects.toMatchObject(expected)
    expect(await adapter.probe()).toMatchObject({ status: 'unavailable', remedy: /start the engine/ })
  })

  test('an image that the engine does not have is told apart from everything else', async () => {
    const adapter = engine.adapter({ templates: { gone: { image: 'localhost/caisson/no-such-image:1' } } })
    await expect(adapter.create({})).rejects.toMatchObject({
      code: 'template-not-found',
      field: 'template',
      retryable: false,
      remedy: /pull/,
    })
  })

  test('a sandbox that somebody removes behind our back is gone, and destroying it says so', async () => {
    const sandbox = await engine.adapter().create({})
    const running = await sandbox.processes.spawn({ argv: ['sleep', '60'] })
    const filters = { label: [`dev.caisson.sandbox=${sandbox.id}`] }
    const [container] = await engine.docker.listContainers({ filters })
    await engine.docker.getContainer(container?.Id ?? '').remove({ force: true })
    await expect(running.wait()).rejects.toMatchObject({ code: 'sandbox-not-found' })
    await expect(sandbox.files.stat('/')).rejects.toMatchObject({ code: 'sandbox-not-found' })
    expect(await sandbox.destroy()).toBe('absent')
  })
})
