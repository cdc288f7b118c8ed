import { decodeText, minuteMs, runProcess, runShell, secondMs } from '@caisson/core'
import { expect, it } from 'vitest'
import { createMemoryAdapter, createMemoryWorld, createVirtualClock } from '../src/memory/index.ts'

it('runs programs of the test, with arguments, input, environment and files', async () => {
  const adapter = createMemoryAdapter({
    programs: {
      python3: async ({ argv, env, files, stdin, stdout, stderr }) => {
        for await (const part of await files.read(argv[1] ?? '')) await stdout.write(part)
        for await (const part of stdin) await stdout.write(part)
        await stderr.write(`warning for ${env['NAME']}\n`)
        return 3
      },
    },
  })
  await using sandbox = await adapter.create({ env: { NAME: 'test' } })
  await sandbox.files.write('/tmp/script.py', new TextEncoder().encode('print(1)\n'))
  const spec = { argv: ['python3', 'script.py'], cwd: '/tmp' } as const
  const done = await runProcess(sandbox, spec, { input: new TextEncoder().encode('data') })
  expect(done.outcome).toEqual({ kind: 'exited', code: 3 })
  expect(decodeText(done.stdout)).toBe('print(1)\ndata')
  expect(decodeText(done.stderr)).toBe('warning for test\n')
})

it('tells a program that it was killed, and prints what it throws', async () => {
  const killed = Promise.withResolvers<string>()
  const adapter = createMemoryAdapter({
    programs: {
      patient: async ({ sleep }) => {
        await sleep(600_000).catch((error: unknown) => killed.resolve(String(error)))
        return 0
      },
      clumsy: async () => await Promise.reject(new Error('dropped it')),
    },
  })
  await using sandbox = await adapter.create({})
  const patient = await runProcess(sandbox, { argv: ['patient'], timeoutMs: 20 })
  expect(patient.outcome).toEqual({ kind: 'timed-out' })
  expect(await killed.promise).toContain('Killed')
  const clumsy = await runProcess(sandbox, { argv: ['clumsy'] })
  expect(clumsy.outcome).toEqual({ kind: 'exited', code: 1 })
  expect(decodeText(clumsy.stderr)).toBe('clumsy: dropped it\n')
})

it('lives by a virtual clock', async () => {
  const clock = createVirtualClock()
  const adapter = createMemoryAdapter({ clock })
  const creating = adapter.create({ ttlMs: 10 * minuteMs })
  await clock.advance(0)
  const sandbox = await creating
  const running = runShell(sandbox, 'sleep 90; date +%s')
  await clock.advance(89 * secondMs)
  expect(await Promise.race([running, Promise.resolve('still running')])).toBe('still running')
  await clock.advance(2 * secondMs)
  expect((await running).durationMs).toBe(90 * secondMs)
  await clock.advance(10 * minuteMs)
  await expect(sandbox.info()).rejects.toMatchObject({ code: 'sandbox-not-found' })
})

it('shares a world between adapters and keeps others apart', async () => {
  const world = createMemoryWorld()
  const [one, two, stranger] = [createMemoryAdapter({ world }), createMemoryAdapter({ world }), createMemoryAdapter()]
  await using sandbox = await one.create({})
  expect((await two.connect(sandbox.id)).id).toBe(sandbox.id)
  await expect(stranger.connect(sandbox.id)).rejects.toMatchObject({ code: 'sandbox-not-found' })
})

it('refuses more sandboxes than it has room for', async () => {
  const adapter = createMemoryAdapter({ maxSandboxes: 1 })
  await using first = await adapter.create({})
  await expect(adapter.create({})).rejects.toMatchObject({ code: 'quota-exceeded' })
  await first.destroy()
  await using second = await adapter.create({})
  expect(second.id).not.toBe(first.id)
})
