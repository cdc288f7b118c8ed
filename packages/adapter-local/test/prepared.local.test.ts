import { createLocalAdapter } from '@caisson/adapter-local'
import { mib, runShell } from '@caisson/core'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNot()
const stateSchema = z.looseObject({ state: z.string() })

describe.skipIf(reason !== undefined)(`prepared ground${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const state = temporaryState()

  const prepared = (): readonly string[] =>
    readdirSync(`${state}/sandboxes`).filter((id) => {
      if (id.startsWith('.')) return false
      const record: unknown = JSON.parse(readFileSync(`${state}/sandboxes/${id}/record.json`, 'utf8'))
      return stateSchema.parse(record).state === 'preparing'
    })
  const onePrepared = async (): Promise<string> =>
    await vi.waitFor(() => {
      const [id, ...more] = prepared()
      if (id === undefined || more.length > 0) throw new Error('not one')
      return id
    }, 10_000)

  it('is what the next creation stands on, and is no sandbox before', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state })
    await (await adapter.create({})).destroy()
    const next = await onePrepared()
    expect(await Array.fromAsync(adapter.list())).toEqual([])
    await expect(adapter.connect(next as never)).rejects.toMatchObject({ code: 'sandbox-not-found' })
    expect(await adapter.sweep?.()).toEqual({ removed: 0 })
    // It can be seen a moment before it is ready.
    await vi.waitFor(async () => {
      const before = prepared()
      await using sandbox = await adapter.create({})
      expect(before).toContain(sandbox.id)
      expect((await runShell(sandbox, 'true')).outcome).toEqual({ kind: 'exited', code: 0 })
    }, 10_000)
  })

  it('gives way to what is asked for now', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state })
    await (await adapter.create({})).destroy()
    const ordinary = await onePrepared()
    await vi.waitFor(async () => {
      await (await adapter.create({ resources: { diskBytes: 64 * mib } })).destroy()
      expect(prepared()).not.toContain(ordinary)
    }, 10_000)
  })

  it('that was killed is replaced, and nothing of it is left', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state })
    await (await adapter.create({})).destroy()
    const id = await onePrepared()
    const findLauncher = () =>
      readdirSync('/proc').find((pid) => {
        try {
          return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`ID=${id}`)
        } catch {
          return false
        }
      })
    // The folder is there a moment before its launcher.
    const launcher = await vi.waitFor(() => {
      const found = findLauncher()
      if (found === undefined) throw new Error('no launcher')
      return found
    }, 10_000)
    process.kill(Number(launcher), 'SIGKILL')
    await vi.waitFor(() => expect(() => process.kill(Number(launcher), 0)).toThrow())
    await using sandbox = await adapter.create({})
    expect(sandbox.id).not.toBe(id)
    await vi.waitFor(() => expect(readdirSync(`${state}/sandboxes`)).not.toContain(id), 10_000)
  })

  it('is not made by those who want none', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state, preparedSandboxes: 0 })
    await using sandbox = await adapter.create({})
    expect(readdirSync(`${state}/sandboxes`)).toEqual([sandbox.id])
  })
})
