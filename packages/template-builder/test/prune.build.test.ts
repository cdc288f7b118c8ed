import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { readLocalTemplates } from '../src/local.ts'
import { buildTest } from './support/build-test.ts'
import { shell } from './support/workshop.ts'

const dayMs = 24 * 60 * 60 * 1000

buildTest('old versions go, the present one and the one before stay', async ({ workshop }) => {
  const { builder, state } = workshop
  const directory = workshop.template('tiny', { Dockerfile: shell, 'note.txt': '0' })
  const make = async (text: string) => {
    writeFileSync(
      join(directory, 'Dockerfile'),
      `${shell}COPY note.txt /note.txt\nRUN dd if=/dev/zero of=/big bs=1M count=4\n`,
    )
    writeFileSync(join(directory, 'note.txt'), text)
    return await builder.build(directory)
  }
  const versions = []
  for (const text of ['1', '2', '3', '4']) versions.push((await make(text)).version)
  const [first = '', second = '', third = '', fourth = ''] = versions
  const there = () => readdirSync(join(state, 'versions/tiny')).toSorted()
  expect(there()).toEqual(versions.toSorted())

  // The name moved just now: sandboxes may still run on what it stood for.
  const early = await builder.prune()
  expect(early).toMatchObject({ removed: [], tooYoung: expect.arrayContaining([{ name: 'tiny', version: first }]) })
  expect(there()).toEqual(versions.toSorted())

  const long = new Date(Date.now() - 2 * dayMs)
  utimesSync(join(state, 'names/tiny.json'), long, long)
  expect((await builder.prune({ dryRun: true })).removed).toHaveLength(2)
  expect(there()).toEqual(versions.toSorted())
  const { removed, tooYoung } = await builder.prune()
  expect(removed.map(({ version }) => version).toSorted()).toEqual([first, second].toSorted())
  expect(tooYoung).toEqual([])
  expect(there()).toEqual([third, fourth].toSorted())

  const rootfs = (await readLocalTemplates(state))['tiny']?.rootfs ?? ''
  expect(readFileSync(join(rootfs, 'note.txt'), 'utf8')).toBe('4')
  expect(await builder.rollback('tiny')).toEqual({ from: fourth, to: third })
  expect(readFileSync(join(rootfs, 'note.txt'), 'utf8')).toBe('3')
  await expect(builder.rollback('tiny', { version: first })).rejects.toMatchObject({ code: 'template-not-found' })
  await expect(builder.rollback('tiny')).rejects.toMatchObject({ code: 'conflict' })

  // What was removed can be made again.
  expect(await make('1')).toMatchObject({ version: first, outcome: 'built' })
  expect(readFileSync(join(rootfs, 'note.txt'), 'utf8')).toBe('1')
  expect(workshop.leftovers()).toEqual([])
})

buildTest('what a name stands for stays, however old', async ({ workshop }) => {
  const { builder } = workshop
  const directory = workshop.template('only', { Dockerfile: shell })
  const { rootfs = '' } = await builder.build(directory)
  expect(await builder.prune({ keep: 1, unusedForMs: 0 })).toMatchObject({ removed: [], bases: 0 })
  expect(existsSync(join(rootfs, 'bin/busybox'))).toBe(true)
  await expect(builder.prune({ keep: 0 })).rejects.toMatchObject({ code: 'invalid-argument', field: 'keep' })
  expect(workshop.leftovers()).toEqual([])
})

buildTest('bases that nothing is made from go too', async ({ workshop }) => {
  const { builder, root } = workshop
  const directory = workshop.template('based', {
    Dockerfile: 'ARG BASE=debian\nFROM ${BASE}\n',
    'template.json': JSON.stringify({ name: 'based', description: 'for tests', parent: 'debian' }),
  })
  await builder.build(directory)
  const bases = () => readdirSync(join(root, 'bases')).filter((name) => /^[0-9a-f]{16}$/.test(name))
  const [before] = bases()
  writeFileSync(
    join(root, 'base.sh'),
    `${readFileSync(join(root, 'base.sh'), 'utf8')}\necho "busybox 2" >"$1/packages"\n`,
  )
  await builder.build(directory)
  expect(bases()).toHaveLength(2)
  expect(await builder.prune({ unusedForMs: 0 })).toMatchObject({ removed: [], bases: 1 })
  expect(bases()).toHaveLength(1)
  expect(bases()).not.toContain(before)
  expect(await builder.status(directory)).toMatchObject({ state: 'current' })
  expect(workshop.leftovers()).toEqual([])
})
