import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { buildTest } from './support/build-test.ts'
import { writeFamily } from './support/family.ts'
import { fakeDaytona } from './support/fake-daytona.ts'

const parentFiles = { Dockerfile: 'ARG BASE=debian:bookworm-slim\nFROM ${BASE}\nRUN echo one \\\n  >/which\n' }

buildTest('a template goes to Daytona with all that its parents say, once', async ({ workshop }) => {
  await using daytona = await fakeDaytona()
  const child = writeFamily(workshop, parentFiles)
  const builder = workshop.builderTo({ daytona: daytona.account })
  const { version } = await builder.build(child, { targets: ['daytona'], onEvent: workshop.onEvent })
  expect(daytona.snapshots).toMatchObject([{ name: `caisson-child:${version}`, cpu: 2, memory: 1 }])
  const lines = daytona.snapshots[0]?.buildInfo.dockerfileContent.split('\n').filter((line) => line !== '')
  expect(lines).toEqual([
    'FROM debian:bookworm-slim',
    'RUN echo one \\',
    '  >/which',
    'ENV CHILD=yes',
    'USER user',
    'ENTRYPOINT ["sleep", "infinity"]',
  ])
  expect(workshop.events).toContainEqual({ type: 'output', template: 'child', text: 'building' })
  expect((await builder.status(child)).targets).toMatchObject({ daytona: 'present', local: 'absent' })
  expect(await builder.build(child, { targets: ['daytona'] })).toMatchObject({ outcome: 'unchanged', version })
  expect(daytona.snapshots).toHaveLength(1)

  writeFileSync(join(child, 'Dockerfile'), 'ARG BASE=caisson/parent\nFROM ${BASE}\nENV CHILD=no\n')
  await builder.build(child, { targets: ['daytona'] })
  expect(await builder.rollback('child', { targets: ['daytona'] })).toMatchObject({ to: version })
  expect(workshop.leftovers()).toEqual([])
})

buildTest('a build that fails there says what it printed, and the name does not move', async ({ workshop }) => {
  await using daytona = await fakeDaytona()
  const child = writeFamily(workshop, parentFiles)
  const builder = workshop.builderTo({ daytona: daytona.account })
  daytona.fail()
  await expect(builder.build(child, { targets: ['daytona'] })).rejects.toMatchObject({
    code: 'invalid-argument',
    field: 'Dockerfile',
    message: expect.stringContaining('no room'),
    cause: { output: expect.arrayContaining(['building']) },
  })
  expect(await builder.list()).toEqual([])
  expect(workshop.leftovers()).toEqual([])
})

buildTest('a wrong key, and a Daytona that does not answer, are told apart', async ({ workshop }) => {
  await using daytona = await fakeDaytona()
  const child = writeFamily(workshop, parentFiles)
  const wrong = workshop.builderTo({ daytona: { ...daytona.account, apiKey: 'another' } })
  await expect(wrong.build(child, { targets: ['daytona'] })).rejects.toMatchObject({
    code: 'unauthenticated',
    remedy: expect.stringContaining('DAYTONA_API_KEY'),
  })
  const nowhere = workshop.builderTo({ daytona: { ...daytona.account, apiUrl: 'http://127.0.0.1:9' } })
  await expect(nowhere.build(child, { targets: ['daytona'] })).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
    remedy: expect.stringContaining('DAYTONA_API_URL'),
  })
  expect(workshop.leftovers()).toEqual([])
})
