import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { createTemplateBuilder, StepError } from '../src/index.ts'
import { buildTest } from './support/build-test.ts'
import { shell } from './support/workshop.ts'

buildTest('a failing instruction is named with its line and what it printed', async ({ workshop }) => {
  const directory = workshop.template('broken', {
    Dockerfile: `${shell}# a comment\nRUN echo fine \\\n  and well\n\nRUN echo STEP 9/9: RUN forged; echo to stderr >&2; exit 7\n`,
  })
  const error: unknown = await workshop.builder.build(directory).catch((error: unknown) => error)
  expect(error).toMatchObject({
    code: 'invalid-argument',
    field: 'Dockerfile:8',
    message: expect.stringContaining('to stderr'),
    remedy: expect.any(String),
    cause: { line: 8, exitCode: 7, output: expect.arrayContaining(['to stderr', 'STEP 9/9: RUN forged']) },
  })
  expect((error as Error).cause).toBeInstanceOf(StepError)
  expect(workshop.leftovers()).toEqual([])
  expect(await workshop.builder.list()).toEqual([])
})

buildTest('in a Dockerfile of several stages too', async ({ workshop }) => {
  const Dockerfile = `${shell.replace('scratch', 'scratch AS one')}FROM scratch\nCOPY --from=one /bin /bin\nCOPY missing /x\n`
  const directory = workshop.template('broken', { Dockerfile })
  await expect(workshop.builder.build(directory)).rejects.toMatchObject({ field: 'Dockerfile:6' })
  writeFileSync(join(directory, 'Dockerfile'), `${shell}NONSENSE here\n`)
  await expect(workshop.builder.build(directory)).rejects.toMatchObject({ field: 'Dockerfile:4' })
  expect(workshop.leftovers()).toEqual([])
})

buildTest('what does not pass its ready check is not published', async ({ workshop }) => {
  const describe = (ready: string) =>
    JSON.stringify({ name: 'picky', description: 'for tests', parent: 'scratch', ready: ['/bin/sh', '-c', ready] })
  const directory = workshop.template('picky', { Dockerfile: shell, 'template.json': describe('true') })
  const good = await workshop.builder.build(directory)
  writeFileSync(join(directory, 'template.json'), describe('id -u; exit 3'))
  await expect(workshop.builder.build(directory)).rejects.toMatchObject({
    code: 'invalid-argument',
    field: 'ready',
    cause: { exitCode: 3, output: expect.arrayContaining(['1000']) },
  })
  expect(await workshop.builder.list()).toMatchObject([{ current: good.version, versions: [{}] }])
  expect(workshop.leftovers()).toEqual([])
})

buildTest('a full disk is no-space and leaves nothing', async ({ workshop }) => {
  const directory = workshop.template('big', {
    Dockerfile: `${shell}RUN dd if=/dev/zero of=/big bs=1M count=64\n`,
  })
  const small = join(workshop.root, 'small')
  mkdirSync(small)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', small])
  try {
    const builder = createTemplateBuilder({
      stateDirectory: small,
      base: { script: '/nonexistent', directory: small },
    })
    await expect(builder.build(directory)).rejects.toMatchObject({
      code: 'no-space',
      message: expect.stringContaining('Dockerfile:4'),
      remedy: expect.any(String),
    })
    expect(readdirSync(join(small, 'work'))).toEqual([])
    expect(await builder.list()).toEqual([])
  } finally {
    execFileSync('umount', ['--recursive', small])
  }
  expect(workshop.leftovers()).toEqual([])
})

buildTest('a disk that is full only when the image is unpacked is no-space too', async ({ workshop }) => {
  const directory = workshop.template('big', { Dockerfile: `${shell}RUN dd if=/dev/urandom of=/big bs=1M count=8\n` })
  const small = join(workshop.root, 'small')
  mkdirSync(small)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'none', small])
  try {
    const builder = createTemplateBuilder({ stateDirectory: small, base: { script: '/nonexistent', directory: small } })
    const filler = join(small, 'filler')
    const building = builder.build(directory, {
      onEvent: (event) => {
        if (event.type !== 'phase' || event.phase !== 'unpack') return
        const { bavail, bsize } = statfsSync(small)
        execFileSync('fallocate', ['--length', String((bavail - 256) * bsize), filler])
      },
    })
    await expect(building).rejects.toMatchObject({ code: 'no-space', remedy: expect.stringContaining('free space') })
    expect(existsSync(filler)).toBe(true)
    expect(readdirSync(join(small, 'work'))).toEqual([])
    expect(await builder.list()).toEqual([])
    rmSync(filler)
    expect(await builder.build(directory)).toMatchObject({ outcome: 'built' })
  } finally {
    execFileSync('umount', ['--recursive', small])
  }
  expect(workshop.leftovers()).toEqual([])
})

buildTest('a base that cannot be made says why and leaves nothing', async ({ workshop }) => {
  const { builder } = workshop
  writeFileSync(join(workshop.root, 'base.sh'), 'echo half >"$1/root.tar"; echo the archive does not answer; exit 3\n')
  const directory = workshop.template('baseless', {
    Dockerfile: 'ARG BASE=debian\nFROM ${BASE}\n',
    'template.json': JSON.stringify({ name: 'baseless', description: 'for tests', parent: 'debian' }),
  })
  await expect(builder.build(directory)).rejects.toMatchObject({
    code: 'provider',
    message: expect.stringContaining('the archive does not answer'),
    remedy: expect.any(String),
  })
  expect(workshop.leftovers()).toEqual([])
})

const endless = `${shell}RUN echo begun; sleep 600\n`

buildTest('a build that is given up ends at once and leaves nothing', async ({ workshop }) => {
  const directory = workshop.template('endless', { Dockerfile: endless })
  const giveUp = new AbortController()
  const building = workshop.builder.build(directory, {
    signal: giveUp.signal,
    onEvent: (event) => {
      if (event.type === 'output' && event.text === 'begun') giveUp.abort()
    },
  })
  await expect(building).rejects.toMatchObject({ code: 'cancelled' })
  expect(workshop.leftovers()).toEqual([])
})

buildTest('one builds, the other waits or is told so', async ({ workshop }) => {
  const { builder, events, onEvent } = workshop
  const directory = workshop.template('shared', { Dockerfile: `${shell}RUN echo begun; sleep 1\n` })
  const begun = Promise.withResolvers<void>()
  const first = builder.build(directory, {
    onEvent: (event) => {
      if (event.type === 'output') begun.resolve()
    },
  })
  await begun.promise
  await expect(builder.build(directory, { wait: false })).rejects.toMatchObject({
    code: 'conflict',
    retryable: true,
    message: expect.stringContaining('a build of shared'),
  })
  const giveUp = new AbortController()
  const impatient = { onEvent: () => giveUp.abort(), signal: giveUp.signal }
  await expect(builder.prune(impatient)).rejects.toMatchObject({ code: 'cancelled' })
  const second = await builder.build(directory, { onEvent })
  expect(second).toEqual({ ...(await first), outcome: 'unchanged' })
  expect(events).toEqual([{ type: 'waiting', for: 'a build of shared' }])
  expect(workshop.leftovers()).toEqual([])
})

buildTest('when the builder is killed its instruction dies, and the next build begins clean', async ({ workshop }) => {
  const directory = workshop.template('endless', { Dockerfile: endless })
  const child = execFile(process.execPath, [
    '--conditions=@caisson/source',
    join(import.meta.dirname, 'support/build-forever.ts'),
    workshop.state,
    directory,
  ])
  const begun = Promise.withResolvers<void>()
  child.stdout?.on('data', (text: string) => {
    if (text.includes('begun')) begun.resolve()
  })
  await begun.promise
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(workshop.leftovers().filter((path) => path.startsWith('/proc/'))).toEqual([]), 10_000)
  writeFileSync(join(directory, 'Dockerfile'), shell)
  const { rootfs = '' } = await workshop.builder.build(directory)
  expect(existsSync(join(rootfs, 'bin/sh')) || readdirSync(join(rootfs, 'bin')).includes('sh')).toBe(true)
  expect(workshop.leftovers()).toEqual([])
})
