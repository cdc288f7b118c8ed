import { expect } from 'vitest'
import { readLocalTemplates } from '../src/local.ts'
import { buildTest } from './support/build-test.ts'
import { shell } from './support/workshop.ts'

const described = { name: 'tiny', description: 'for tests', parent: 'scratch' }
const long = 'x'.repeat(5000)

buildTest('what the Dockerfile says of processes is what the local adapter is told', async ({ workshop }) => {
  const lines = Array.from({ length: 70 }, (_, index) => `ENV NAME_${index}=${index}\n`).join('')
  const directory = workshop.template('tiny', {
    Dockerfile: `${shell}${lines}ENV GREETING="a=b c" LONG=${long}\nWORKDIR /srv/work\nUSER user\nCMD ["/bin/sh", "-l"]\n`,
    'template.json': JSON.stringify({ ...described, env: { GREETING: 'own' }, resources: { pids: 64 } }),
  })
  await workshop.builder.build(directory)
  const { tiny } = await readLocalTemplates(workshop.state)
  expect(tiny).toMatchObject({
    workdir: '/srv/work',
    command: ['/bin/sh', '-l'],
    resources: { pids: 64 },
    privileges: 'none',
    user: { name: 'user', uid: 1000 },
    env: { GREETING: 'own', LONG: long, NAME_0: '0', NAME_69: '69' },
  })
})

buildTest('template.json has the last word on the command, and silence has a meaning', async ({ workshop }) => {
  const both = workshop.template('both', {
    Dockerfile: `${shell}CMD ["/bin/false"]\n`,
    'template.json': JSON.stringify({ ...described, name: 'both', command: ['/bin/true'] }),
  })
  const neither = workshop.template('neither', { Dockerfile: shell })
  for (const directory of [both, neither]) await workshop.builder.build(directory)
  const templates = await readLocalTemplates(workshop.state)
  expect(templates['both']?.command).toEqual(['/bin/true'])
  expect(templates['neither']).toMatchObject({ command: ['/bin/sh'], workdir: '/home/user' })
})

buildTest('another USER than that of template.json is refused', async ({ workshop }) => {
  const directory = workshop.template('tiny', {
    Dockerfile: `${shell}USER other\n`,
    'template.json': JSON.stringify(described),
  })
  await expect(workshop.builder.build(directory)).rejects.toMatchObject({ code: 'invalid-argument', field: 'user' })
  expect(await workshop.builder.list()).toEqual([])
})
