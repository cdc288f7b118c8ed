import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { artifactIdSchema, OperationError, runIdSchema, SandboxError } from '@caisson/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandLine, fakeService, output, someDecision, someRun } from './support/command-line.ts'

let directory: string
const path = (name: string) => join(directory, name)

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caisson-cli-'))
  await writeFile(path('hello.py'), 'print(1)')
  await writeFile(path('data.csv'), 'a,b')
})
afterEach(async () => await rm(directory, { recursive: true }))

const artifact = (name: string) => ({
  id: artifactIdSchema.parse('a1'),
  run: runIdSchema.parse('run1'),
  path: name,
  sizeBytes: 1,
  sha256: '',
})
const reading = { artifacts: { read: () => new Blob(['x']).stream() } }

describe('run', () => {
  it('sends the script with all that was said of it', async () => {
    const { asked, parts } = fakeService(someRun())
    const words = [
      'run',
      path('hello.py'),
      '-f',
      `${path('data.csv')}:in/data.csv`,
      '-f',
      path('data.csv'),
      '-e',
      'A=b=c',
    ]
    await commandLine([...words, '-a', '*.png', '-t', '1.5m', '--memory', '256m', '--egress', 'x.example:443'], parts)
    const base64 = Buffer.from('a,b').toString('base64')
    expect(asked).toEqual([
      {
        kind: 'code.execute',
        timeoutMs: 90_000,
        resources: { memoryBytes: 256 * 1024 * 1024 },
        egress: [{ host: 'x.example', port: 443 }],
        input: {
          language: 'python',
          code: 'print(1)',
          files: [
            { path: 'in/data.csv', content: { base64 } },
            { path: 'data.csv', content: { base64 } },
          ],
          artifacts: ['*.png'],
          env: { A: 'b=c' },
        },
      },
    ])
  })

  it('is the program: its output, its streams, its exit code, and nothing else when piped', async () => {
    const run = someRun({ status: 'failed', outcome: { kind: 'exited', code: 7 } })
    const { parts } = fakeService(run, [output('héllo\n'), output('oops\n', 'stderr')])
    expect(await commandLine(['run', path('hello.py')], parts)).toEqual({ exitCode: 7, out: 'héllo\n', err: 'oops\n' })
  })

  it('says what went wrong although the program ended well', async () => {
    const error = { kind: 'sandbox', code: 'unavailable', message: 'no such name', retryable: true } as const
    const failed = { status: 'failed', outcome: { kind: 'exited', code: 0 }, error } as const
    for (const run of [someRun({ ...failed, kind: 'http.request', value: null }), someRun(failed)]) {
      const { out, err, exitCode } = await commandLine(['run', path('hello.py')], fakeService(run).parts)
      expect(err).toContain('no such name')
      expect({ out, exitCode }).toEqual({ out: '', exitCode: 69 })
    }
  })

  it('tells a person what became of it', async () => {
    const { parts } = fakeService(someRun(), [output('done\n')])
    const { err } = await commandLine(['run', path('hello.py')], parts, { isInteractive: true })
    expect(err).toContain('succeeded with exit code 0 on local (container) in 1 ms; run run1')
  })

  it('says why it was denied', async () => {
    const decision = { ...someDecision, placement: { kind: 'denied' as const, missing: ['isolation'] } }
    const { parts } = fakeService(someRun({ status: 'denied', outcome: undefined, decision }))
    const { exitCode, err } = await commandLine(['run', path('hello.py')], parts)
    expect(exitCode).toBe(77)
    expect(err).toMatch(/^denied; missing: isolation in /)
    expect(err).toContain('Nobody vouches for it.')
  })

  it('prints nothing but the run with --json', async () => {
    const { parts } = fakeService(someRun(), [output('noise')])
    const { out, err } = await commandLine(['run', path('hello.py'), '--json'], parts, { isInteractive: true })
    expect(JSON.parse(out)).toMatchObject({ id: 'run1', outcome: { kind: 'exited', code: 0 } })
    expect(err).toBe('')
    expect((await commandLine(['--json', 'run', path('hello.py')], parts)).out).toBe(out)
  })

  it('saves artifacts below the directory', async () => {
    const { parts } = fakeService(someRun({ artifacts: [artifact('deep/out.txt')] }))
    await commandLine(['run', path('hello.py'), '-o', path('results')], { ...parts, ...reading })
    expect(await readFile(path('results/deep/out.txt'), 'utf8')).toBe('x')
  })

  it.each(['../escaped', 'a/../../escaped', '/etc/escaped', '..'])('refuses an artifact called %s', async (name) => {
    const { parts } = fakeService(someRun({ artifacts: [artifact(name)] }))
    const { exitCode, err } = await commandLine(['run', path('hello.py'), '-o', path('results')], {
      ...parts,
      ...reading,
    })
    expect(exitCode).toBe(70)
    expect(err).toContain('leads out of')
    await expect(readFile(path('escaped'))).rejects.toThrow('ENOENT')
  })

  it.each([
    [['run'], 'there is nothing to run'],
    [['run', 'x.rb'], 'the language of x.rb is not known'],
    [['exec'], 'there is no command to run'],
    [['exec', '-e', 'novalue', '--', 'true'], '--env'],
    [['exec', '--egress', 'nowhere', '--', 'true'], 'host:port'],
    [['exec', '-t', 'soon', '--', 'true'], 'Use a number and ms, s, m or h'],
    [['exec', '--unknown', '--', 'true'], 'unknown option'],
    [['nonsense'], 'unknown command'],
  ])('says what is wrong with %j, as wrong usage', async (words, message) => {
    await writeFile(path('x.rb'), '')
    const here = words.map((word) => (word === 'x.rb' ? path('x.rb') : word))
    const { exitCode, err } = await commandLine(here)
    expect(exitCode).toBe(64)
    expect(err).toContain(message.replace('x.rb', path('x.rb')))
  })
})

it('exec leaves what stands after -- alone', async () => {
  const { asked, parts } = fakeService(someRun({ kind: 'command.run' }))
  await commandLine(['exec', '--', 'ls', '--json', '-la', '$HOME; x'], parts)
  expect(asked).toMatchObject([{ kind: 'command.run', input: { argv: ['ls', '--json', '-la', '$HOME; x'] } }])
})

it('decide shows rules and candidates without running', async () => {
  const decide = async () => ({ decision: someDecision, explanation: 'because' })
  const { out, exitCode } = await commandLine(['decide', path('hello.py')], { decide })
  expect(exitCode).toBe(0)
  expect(out).toContain('code.execute → local (container)')
  expect(out).toMatch(/untrusted +untrusted-code +Nobody vouches for it\./)
  expect(out).toMatch(/local +container +chosen/)
  expect((await commandLine(['decide', '--explain', path('hello.py')], { decide })).out).toBe('because\n')
})

it('lets nothing from a sandbox forge or colour a line of a list', async () => {
  const evil = '\u001B[31mred\nforged line\u202E'
  const list = async () => ({
    runs: [
      {
        id: runIdSchema.parse('run1'),
        kind: 'command.run' as const,
        status: 'failed' as const,
        usage: { leasedMs: 0, costUsd: 0 },
        error: { kind: 'sandbox' as const, code: 'provider', message: evil, retryable: false },
        createdAtMs: 1,
        placement: 'local',
        artifactCount: 0,
      },
    ],
  })
  const { out } = await commandLine(['runs'], { runs: { list } })
  expect(
    out
      .trimEnd()
      .split('\n')
      .filter((line) => line.startsWith('run1')),
  ).toHaveLength(1)
  expect(out).not.toContain('\u001B')
  expect(out).not.toContain('\u202E')
})

describe('a failure', () => {
  const fails = (error: unknown) => ({
    runs: {
      get: async () => {
        throw error
      },
    },
  })

  it('comes with its remedy and its code', async () => {
    const error = new SandboxError('unavailable', 'caisson', 'no service answers', { remedy: 'start it' })
    expect(await commandLine(['runs', 'show', 'x'], fails(error))).toEqual({
      exitCode: 69,
      out: '',
      err: 'caisson: no service answers\n  start it\n',
    })
  })

  it('is data with --json', async () => {
    const error = new OperationError('run-not-found', 'there is no run x')
    const { exitCode, out, err } = await commandLine(['runs', 'show', 'x', '--json'], fails(error))
    expect(exitCode).toBe(66)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'run-not-found', message: 'there is no run x' } })
    expect(err).toBe('')
  })
})

describe('words that are not understood', () => {
  it.each([
    ['an unknown command', ['bogus'], "unknown command 'bogus'"],
    ['an unknown option', ['runs', '--bogus'], "unknown option '--bogus'"],
    ['a missing argument', ['logs'], "missing required argument 'run'"],
    ['a value that is none', ['exec', '--cpus', 'x', '--', 'true'], 'Not a number.'],
    ['no command at all', [], 'there is no command'],
  ])('(%s) are told to people, and are data with --json', async (_, words, message) => {
    const plain = await commandLine(words)
    expect(plain).toMatchObject({ exitCode: 64, out: '' })
    expect(plain.err).toContain('--help')
    const { exitCode, out, err } = await commandLine(['--json', ...words])
    expect({ exitCode, err }).toEqual({ exitCode: 64, err: '' })
    expect(JSON.parse(out)).toMatchObject({
      error: { code: 'invalid-operation', message: expect.stringContaining(message), remedy: 'see --help' },
    })
  })

  it('--json behind -- belongs to the command that is run', async () => {
    const { out, err } = await commandLine(['exec', '--bogus', '--', 'ls', '--json'])
    expect(out).toBe('')
    expect(err).toContain("unknown option '--bogus'")
  })
})

it.each([
  ['a script', ['run', 'nowhere.py']],
  ['a file', ['exec', '--file', 'nowhere.csv', '--', 'true']],
  ['an operation', ['run', '--operation', 'nowhere.json']],
])('ends with 66 when there is no such file as %s', async (_, words) => {
  const { exitCode, err } = await commandLine(words)
  expect(exitCode).toBe(66)
  expect(err).toMatch(/^caisson: there is no nowhere\.\w+\n/)
})

it('says that standard input has to be text instead of changing it', async () => {
  await writeFile(path('image'), Uint8Array.of(0x89, 0x50, 0xff, 0xfe))
  const { exitCode, err } = await commandLine(['exec', '--stdin', path('image'), '--', 'cat'])
  expect(exitCode).toBe(64)
  expect(err).toContain('is not text in UTF-8')
})

it('has help with examples for every command', async () => {
  const { out } = await commandLine(['--help'])
  const names = [...(out.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name ?? '')
  expect(names).toEqual(expect.arrayContaining(['run', 'exec', 'decide', 'sandboxes', 'runs', 'logs']))
  for (const name of names.filter((name) => name !== 'help' && name !== 'caisson')) {
    const { exitCode, out } = await commandLine([name, '--help'])
    expect(exitCode).toBe(0)
    expect(out, name).toContain(`caisson ${name}`)
    expect(out, name).toContain('Examples:')
  }
})
