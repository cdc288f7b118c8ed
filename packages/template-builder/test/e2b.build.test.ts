import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { buildTest } from './support/build-test.ts'
import { writeFamily } from './support/family.ts'
import { fakeE2b } from './support/fake-e2b.ts'

const parentFiles = {
  Dockerfile: 'ARG BASE=debian:bookworm-slim\nFROM ${BASE}\nCOPY note.txt /note.txt\nRUN echo one >/which\n',
  'note.txt': 'a note',
}

buildTest('a template goes to E2B after its parent, once, and its name moves there too', async ({ workshop }) => {
  await using e2b = await fakeE2b()
  const child = writeFamily(workshop, parentFiles)
  const builder = workshop.builderTo({ e2b: e2b.account })
  const first = await builder.build(child, { targets: ['e2b'], onEvent: workshop.onEvent })
  expect(first).toMatchObject({ outcome: 'built', rootfs: undefined })
  const [parent, built] = e2b.builds
  expect(parent).toMatchObject({
    name: 'caisson-parent',
    fromImage: 'debian:bookworm-slim',
    cpuCount: 2,
    memoryMB: 1024,
    steps: [{ type: 'COPY' }, { type: 'RUN', args: ['echo one >/which'] }],
  })
  expect(built).toMatchObject({
    name: 'caisson-child',
    tags: [first.version],
    fromTemplate: `caisson-parent:${parent?.tags[0]}`,
    steps: [
      { type: 'ENV', args: ['CHILD', 'yes'] },
      { type: 'USER', args: ['user'] },
    ],
  })
  expect(e2b.uploads).toHaveLength(1)
  expect(workshop.events).toContainEqual({ type: 'output', template: 'child', text: 'building' })
  expect((await builder.status(child)).targets).toMatchObject({ e2b: 'present', local: 'absent' })
  expect(await builder.build(child, { targets: ['e2b'] })).toMatchObject({ outcome: 'unchanged' })
  expect(e2b.builds).toHaveLength(2)

  writeFileSync(join(child, 'Dockerfile'), 'ARG BASE=caisson/parent\nFROM ${BASE}\nENV CHILD=no\nUSER user\n')
  await builder.build(child, { targets: ['e2b'] })
  expect(e2b.builds).toHaveLength(3)
  await builder.rollback('child', { targets: ['e2b'] })
  expect((await builder.status(child)).targets.e2b).toBe('present')
  expect(workshop.leftovers()).toEqual([])
})

buildTest('a step that fails there is named with its line, and the name does not move', async ({ workshop }) => {
  await using e2b = await fakeE2b()
  const builder = workshop.builderTo({ e2b: e2b.account })
  writeFamily(workshop, parentFiles)
  e2b.failAt('2')
  await expect(builder.build(join(workshop.root, 'templates/parent'), { targets: ['e2b'] })).rejects.toMatchObject({
    code: 'invalid-argument',
    field: 'Dockerfile:4',
    message: expect.stringContaining('command failed'),
    cause: { line: 4, output: ['building'] },
  })
  expect(await builder.list()).toEqual([])
  expect(workshop.leftovers()).toEqual([])
})

buildTest('a wrong key, and an E2B that does not answer, are told apart', async ({ workshop }) => {
  await using e2b = await fakeE2b()
  const child = writeFamily(workshop, parentFiles)
  const wrong = workshop.builderTo({ e2b: { ...e2b.account, apiKey: 'e2b_ffffffffffffffffffffffffffffffffffffffff' } })
  await expect(wrong.build(child, { targets: ['e2b'] })).rejects.toMatchObject({ code: 'unauthenticated' })
  const nowhere = workshop.builderTo({ e2b: { ...e2b.account, apiUrl: 'http://127.0.0.1:9' } })
  await expect(nowhere.build(child, { targets: ['e2b'] })).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
    remedy: expect.stringContaining('E2B_API_URL'),
  })
  expect((await nowhere.status(child)).state).toBe('not-built')
  expect(workshop.leftovers()).toEqual([])
})
