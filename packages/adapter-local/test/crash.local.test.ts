import { createLocalAdapter } from '@caisson/adapter-local'
import { runShell } from '@caisson/core'
import { existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { leftovers, whyNot } from './support/machine.ts'
import { startCreator } from './support/start-creator.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNot()

describe.skipIf(reason !== undefined)(`crashes${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const state = temporaryState()

  it.each([0, 20, 60, 100, 150, 200, 250, 300, 400, 600])(
    'a creator that is killed %i ms after it began leaves nothing that a sweep does not find',
    async (afterMs) => {
      const creator = startCreator(state, 60_000)
      expect(await creator.nextLine()).toBe('begin')
      await delay(afterMs)
      await creator.kill()
      await using adapter = createLocalAdapter({ stateDirectory: state })
      for await (const { id } of adapter.list()) await adapter.destroy(id)
      await vi.waitFor(
        async () => {
          await adapter.sweep?.()
          expect(readdirSync(`${state}/sandboxes`)).toEqual([])
          expect(leftovers(state)).toEqual([])
        },
        { timeout: 20_000, interval: 200 },
      )
    },
    60_000,
  )

  it('a sandbox outlives its killed creator, and is found, used and destroyed by another process', async () => {
    const creator = startCreator(state, 60_000)
    await creator.nextLine()
    const id = await creator.nextLine()
    await creator.kill()
    await using adapter = createLocalAdapter({ stateDirectory: state })
    const found = await Array.fromAsync(adapter.list({ labels: { test: 'crash' } }))
    expect(found.map((info) => info.id)).toContain(id)
    const sandbox = await adapter.connect(
      found[0]?.id ??
        (() => {
          throw new Error('not found')
        })(),
    )
    expect((await runShell(sandbox, 'exit 7')).outcome).toEqual({ kind: 'exited', code: 7 })
    for (const { id: each } of found) expect(await adapter.destroy(each)).toBe('destroyed')
    await adapter.sweep?.()
  })

  it('a sandbox ends on time when nobody is left to end it', async () => {
    const creator = startCreator(state, 3000)
    await creator.nextLine()
    const id = await creator.nextLine()
    await creator.kill()
    expect(existsSync(`${state}/sandboxes/${id}`)).toBe(true)
    await vi.waitFor(() => expect(leftovers(state)).toEqual([]), { timeout: 30_000, interval: 200 })
  })

  it('an end that was moved by a process that is gone holds', async () => {
    const creator = startCreator(state, 60_000)
    await creator.nextLine()
    const id = await creator.nextLine()
    {
      await using adapter = createLocalAdapter({ stateDirectory: state })
      const info = (await Array.fromAsync(adapter.list())).find((each) => each.id === id)
      if (info === undefined) throw new Error('not found')
      await (await adapter.connect(info.id)).extend(1000)
    }
    await vi.waitFor(() => expect(existsSync(`${state}/sandboxes/${id}`)).toBe(false), {
      timeout: 15_000,
      interval: 100,
    })
    await creator.kill()
    await using adapter = createLocalAdapter({ stateDirectory: state })
    for await (const info of adapter.list()) await adapter.destroy(info.id)
    await adapter.sweep?.()
  })

  it('a sweep spares what belongs to a living creator', async () => {
    const creator = startCreator(state, 60_000)
    await creator.nextLine()
    await using adapter = createLocalAdapter({ stateDirectory: state })
    for (let round = 0; round < 20; round += 1) await adapter.sweep?.()
    expect(await creator.nextLine()).toMatch(/^sb/)
    await creator.kill()
    for await (const info of adapter.list()) await adapter.destroy(info.id)
    await adapter.sweep?.()
  })

  it('a record that was torn is said to be so, and harms no other sandbox', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state, preparedSandboxes: 0 })
    await using torn = await adapter.create({})
    await using whole = await adapter.create({})
    const record = `${state}/sandboxes/${torn.id}/record.json`
    const before = readFileSync(record)
    truncateSync(record, before.byteLength - 100)
    expect((await Array.fromAsync(adapter.list())).map(({ id }) => id)).toEqual([whole.id])
    await adapter.sweep?.()
    expect((await runShell(whole, 'true')).outcome).toEqual({ kind: 'exited', code: 0 })
    expect(await adapter.destroy(torn.id)).toBe('destroyed')
  })
})
