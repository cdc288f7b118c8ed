import { createLocalAdapter } from '@caisson/adapter-local'
import { mib } from '@caisson/core'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inspectMachine } from '../src/machine/inspect-machine.ts'
import { leftovers, whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNot()

describe.skipIf(reason !== undefined)(`refusals${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const state = temporaryState()

  it('a disk that the machine has no room for is no-space, and nothing is left', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state, preparedSandboxes: 0 })
    const tooMuch = { diskBytes: 900 * 1024 * 1024 * mib }
    await expect(adapter.create({ resources: { diskBytes: 1024 * 1024 * mib } })).rejects.toMatchObject({
      code: 'no-space',
      field: 'resources.diskBytes',
    })
    await expect(adapter.create({ resources: tooMuch })).rejects.toMatchObject({
      code: 'invalid-argument',
      field: 'resources.diskBytes',
    })
    expect(readdirSync(`${state}/sandboxes`)).toEqual([])
  })

  it('a full disk of the host is no-space, and it works again when there is room', async () => {
    const base = mkdtempSync(join(tmpdir(), 'caisson-full-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', base])
    try {
      await using adapter = createLocalAdapter({ stateDirectory: `${base}/state`, preparedSandboxes: 0 })
      const small = { resources: { diskBytes: 16 * mib } }
      await (await adapter.create(small)).destroy()
      writeFileSync(`${base}/filler`, Buffer.alloc(14 * mib))
      await expect(adapter.create(small)).rejects.toMatchObject({ code: 'no-space' })
      expect(readdirSync(`${base}/state/sandboxes`)).toEqual([])
      rmSync(`${base}/filler`)
      await (await adapter.create(small)).destroy()
    } finally {
      execFileSync('umount', [base])
      rmSync(base, { recursive: true })
    }
  })

  it('what is promised is not promised twice', async () => {
    const base = mkdtempSync(join(tmpdir(), 'caisson-promise-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', base])
    try {
      await using adapter = createLocalAdapter({ stateDirectory: `${base}/state`, preparedSandboxes: 0 })
      const half = { resources: { diskBytes: 36 * mib } }
      const tries = await Promise.allSettled([adapter.create(half), adapter.create(half), adapter.create(half)])
      const made = tries.filter((each) => each.status === 'fulfilled')
      expect(made.length).toBeLessThanOrEqual(1)
      for (const { value } of made) await value.destroy()
      expect(readdirSync(`${base}/state/sandboxes`)).toEqual([])
    } finally {
      execFileSync('umount', [base])
      rmSync(base, { recursive: true })
    }
  })

  it('a machine without a daemon or runtime says what to run', async () => {
    await expect(
      inspectMachine({
        tier: 'container',
        store: { root: state },
        daemonDirectory: () => {
          throw new Error('not built')
        },
      }),
    ).rejects.toThrow('not built')
    writeFileSync(`${state}/file`, '')
    await using adapter = createLocalAdapter({ stateDirectory: `${state}/file/state` })
    expect(await adapter.probe()).toMatchObject({ status: 'unavailable' })
    await expect(adapter.create({})).rejects.toMatchObject({ name: 'SandboxError' })
  })

  it('secrets are unsupported, with the field', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state })
    const create = adapter.create({ secrets: { TOKEN: 'reference' } })
    await expect(create).rejects.toMatchObject({ code: 'unsupported', field: 'secrets' })
  })

  it('ids that are paths lead nowhere', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state })
    for (const id of ['../layers', '..', '.', '', 'a/b', 'a\0b', '.tmp-1-1-x']) {
      // @ts-expect-error Such an id cannot be written by hand.
      expect(await adapter.destroy(id)).toBe('absent')
      // @ts-expect-error The same.
      await expect(adapter.connect(id)).rejects.toMatchObject({ code: 'sandbox-not-found' })
    }
    expect(readdirSync(state)).toContain('layers')
  })

  it('options that are wrong are named', () => {
    expect(() => createLocalAdapter({ preparedSandboxes: -1 })).toThrow(
      expect.objectContaining({ code: 'invalid-argument', field: 'preparedSandboxes' }),
    )
    expect(() => createLocalAdapter({ templates: { t: { rootfs: 'relative' } } })).toThrow(
      expect.objectContaining({ field: 'templates.t.rootfs' }),
    )
    // @ts-expect-error There is no such option, on purpose.
    expect(() => createLocalAdapter({ insecure: true })).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  })

  it('a creation that is given up leaves nothing, whenever that is', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state, preparedSandboxes: 0 })
    for (const afterMs of [0, 5, 10, 20, 40, 60, 80]) {
      const made = await adapter.create({}, { signal: AbortSignal.timeout(afterMs) }).catch((error: unknown) => error)
      if (made instanceof Error) expect(made).toMatchObject({ code: 'cancelled' })
      else if (typeof made === 'object' && made !== null && 'destroy' in made)
        for await (const { id } of adapter.list()) await adapter.destroy(id)
      expect(readdirSync(`${state}/sandboxes`)).toEqual([])
    }
    expect(leftovers(state).filter((left) => !left.startsWith('process') && !left.startsWith('/sys'))).toEqual([])
  })

  it('twenty at once are all made, apart from each other, and all gone afterwards', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state })
    const made = await Promise.all(
      Array.from({ length: 20 }, async () => await adapter.create({ resources: { diskBytes: 64 * mib } })),
    )
    expect(new Set(made.map(({ id }) => id)).size).toBe(20)
    await Promise.all(made.map(async (sandbox) => await sandbox.destroy()))
    expect(await Array.fromAsync(adapter.list())).toEqual([])
  })
})
