import { expect, test } from 'vitest'
import { createEngine } from '../src/engine.ts'

test('a call whose time is over is not made, however quick its answer would be', async () => {
  const engine = createEngine('docker', { socketPath: '/nonexistent/engine.sock' })
  let made = 0
  const call = async (): Promise<number> => await Promise.resolve((made += 1))
  const late = { deadline: Date.now() - 1 }
  await expect(engine.call('engine', late, call)).rejects.toMatchObject({ code: 'timeout' })
  expect(made).toBe(0)
  expect(await engine.call('engine', { deadline: Date.now() + 60_000 }, call)).toBe(1)
  engine.close()
})
