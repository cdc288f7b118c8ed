import { readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import { readLocalTemplates } from '../src/local.ts'
import { buildTest } from './support/build-test.ts'
import { shell } from './support/workshop.ts'

const dockerfile = `${shell}ENV GREETING=hello
COPY --chown=1000:1001 note.txt /home/user/note.txt
RUN chmod 4755 /bin/busybox && mkdir -m 1777 /tmp
`

buildTest('a Dockerfile becomes a root file system, once', async ({ workshop }) => {
  const { builder, events, onEvent } = workshop
  const directory = workshop.template('tiny', {
    Dockerfile: dockerfile,
    'note.txt': 'first',
    'template.json': JSON.stringify({
      name: 'tiny',
      description: 'for tests',
      parent: 'scratch',
      ready: ['/bin/cat', '/home/user/note.txt'],
      env: { OWN: '1' },
      privileges: 'sudo',
    }),
  })
  expect(await builder.status(directory)).toMatchObject({ state: 'not-built', targets: { local: 'absent' } })

  const first = await builder.build(directory, { onEvent })
  expect(first.outcome).toBe('built')
  expect(workshop.leftovers()).toEqual([])
  const rootfs = first.rootfs ?? ''
  expect(readFileSync(join(rootfs, 'home/user/note.txt'), 'utf8')).toBe('first')
  expect(statSync(join(rootfs, 'home/user/note.txt'))).toMatchObject({ uid: 1000, gid: 1001 })
  expect(statSync(join(rootfs, 'bin/busybox')).mode & 0o7777).toBe(0o4755)
  expect(statSync(join(rootfs, 'tmp')).mode & 0o7777).toBe(0o1777)
  expect(readlinkSync(join(rootfs, 'bin/sh'))).toBe('/bin/busybox')
  const steps = events.filter((event) => event.type === 'step')
  expect(steps.map(({ line }) => line).slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6])
  expect(events).toContainEqual({ type: 'output', template: 'tiny', text: 'first' })

  const [listed] = await builder.list()
  expect(listed).toMatchObject({ name: 'tiny', current: first.version })
  expect(listed?.versions[0]).toMatchObject({ privileges: 'sudo', env: { GREETING: 'hello', OWN: '1' } })

  events.length = 0
  expect(await builder.build(directory, { onEvent })).toEqual({ ...first, outcome: 'unchanged' })
  expect(events).toEqual([])
  expect(await builder.status(directory)).toMatchObject({ state: 'current', reasons: [], version: first.version })
})

buildTest('a change is named, builds a further version, and can be taken back', async ({ workshop }) => {
  const { builder, events, onEvent } = workshop
  const directory = workshop.template('tiny', {
    Dockerfile: dockerfile,
    'note.txt': 'first',
    'README.md': 'about it',
    '.dockerignore': 'README.md\n',
  })
  const first = await builder.build(directory)
  const link = (await readLocalTemplates(workshop.state))['tiny']?.rootfs ?? ''
  expect(readFileSync(join(link, 'home/user/note.txt'), 'utf8')).toBe('first')

  writeFileSync(join(directory, 'README.md'), 'more about it')
  expect(await builder.status(directory)).toMatchObject({ state: 'current' })
  writeFileSync(join(directory, 'note.txt'), 'second')
  expect(await builder.status(directory)).toMatchObject({ state: 'stale', reasons: ['note.txt changed'] })

  const second = await builder.build(directory, { onEvent })
  expect(second.version).not.toBe(first.version)
  expect(readFileSync(join(link, 'home/user/note.txt'), 'utf8')).toBe('second')
  expect(readFileSync(join(first.rootfs ?? '', 'home/user/note.txt'), 'utf8')).toBe('first')
  expect(events.filter((event) => event.type === 'step-cached').length).toBeGreaterThanOrEqual(2)

  expect(await builder.rollback('tiny')).toEqual({ from: second.version, to: first.version })
  expect(readFileSync(join(link, 'home/user/note.txt'), 'utf8')).toBe('first')
  const { reasons } = await builder.status(directory)
  expect(reasons).toEqual(['note.txt changed', expect.stringContaining('rolled back')])
  await expect(builder.rollback('tiny')).rejects.toMatchObject({ code: 'conflict' })
  await expect(builder.rollback('tiny', { version: 'ffffffffffffffff' })).rejects.toMatchObject({
    code: 'template-not-found',
  })

  events.length = 0
  expect(await builder.build(directory, { onEvent })).toMatchObject({ version: second.version })
  expect(events.filter((event) => event.type === 'step')).toEqual([])
  expect(readFileSync(join(link, 'home/user/note.txt'), 'utf8')).toBe('second')
  expect(workshop.leftovers()).toEqual([])
})

buildTest('a template grows from its parent, and follows its changes', async ({ workshop }) => {
  const { builder } = workshop
  const describe = (name: string, parent: string) => JSON.stringify({ name, parent, description: 'for tests' })
  const from = 'ARG BASE=elsewhere\nFROM ${BASE}\n'
  const parent = workshop.template('parent', {
    'template.json': describe('parent', 'debian'),
    Dockerfile: `${from}RUN echo one >/one\n`,
    '.dockerignore': 'busybox\n',
  })
  const child = workshop.template('child', {
    'template.json': describe('child', 'parent'),
    Dockerfile: `${from}RUN echo two >/two\n`,
    '.dockerignore': 'busybox\n',
  })
  const { rootfs = '', version } = await builder.build(child)
  expect(readFileSync(join(rootfs, 'one'), 'utf8')).toBe('one\n')
  expect(readFileSync(join(rootfs, 'two'), 'utf8')).toBe('two\n')
  expect(statSync(join(rootfs, 'owned'))).toMatchObject({ uid: 1000, gid: 1001 })
  const attribute = 'import os, sys; print(os.getxattr(sys.argv[1], "user.caisson").decode())'
  expect(execFileSync('python3', ['-c', attribute, join(rootfs, 'owned')]).toString()).toBe('kept\n')
  expect((await builder.list()).map(({ name }) => name)).toEqual(['child'])

  writeFileSync(join(parent, 'Dockerfile'), `${from}RUN echo three >/one\n`)
  expect(await builder.status(child)).toMatchObject({ state: 'stale', reasons: ['its parent parent changed'] })
  const second = await builder.build(child)
  expect(second.version).not.toBe(version)
  expect(readFileSync(join(second.rootfs ?? '', 'one'), 'utf8')).toBe('three\n')
  expect(workshop.leftovers()).toEqual([])
})
