import { type CodeEvent, type CodeExecution, type RunCodeOptions, runCode, type Sandbox } from '@caisson/core'
import { until } from '@caisson/daemon/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSandbox, type TestSandbox } from './support/open-sandbox.ts'

let opened: TestSandbox
let sandbox: Sandbox
beforeAll(async () => {
  opened = await openSandbox({ env: { FROM_SANDBOX: 'yes', SHARED: 'sandbox' } })
  sandbox = opened.sandbox
})
afterAll(async () => await opened[Symbol.asyncDispose]())

function code(): NonNullable<Sandbox['code']> {
  if (sandbox.code === undefined) throw new Error('there is no code interpreter')
  return sandbox.code
}

async function run(source: string, options?: RunCodeOptions): Promise<CodeExecution> {
  return await runCode(code(), source, options)
}

const textOf = ({ results }: CodeExecution): string | undefined => results.find(({ main }) => main)?.data['text/plain']

describe('a cell', { timeout: 60_000 }, () => {
  it('gives what it prints, the value of its last expression, and its number', async () => {
    const context = (await code().createContext('python')).id
    const source = "import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7"
    const execution = await run(source, { context })
    expect(execution).toEqual({
      results: [{ main: true, data: { 'text/plain': '42' } }],
      stdout: 'out\n',
      stderr: 'err\n',
      error: undefined,
      executionCount: 1,
    })
    expect((await run('1', { context })).executionCount).toBe(2)
  })

  it('finds the variables of the cells before it, and not those of another context', async () => {
    await run('kept = 41')
    expect(textOf(await run('kept + 1'))).toBe('42')
    const other = await code().createContext('python')
    expect((await run('kept', { context: other.id })).error?.name).toBe('NameError')
  })

  it('ends with the error of the code as data', async () => {
    const { error, results } = await run("def f():\n    raise ValueError('no')\nf()")
    expect(error).toMatchObject({ name: 'ValueError', value: 'no' })
    expect(error?.traceback).toMatch(/f\(\)[\s\S]*ValueError: no/)
    expect(error?.traceback).not.toContain('caisson')
    expect(results).toEqual([])
    expect((await run('1 +')).error?.name).toBe('SyntaxError')
  })

  it('keeps the order of what programs, prints and results say', async () => {
    const source =
      "import os\nfor i in range(3):\n    os.system(f'echo program {i}')\n    print('python', i)\n    display(i)"
    const events: string[] = []
    await runCode(code(), source, { onEvent: (event) => events.push(show(event)) })
    expect(events.join('')).toBe(
      [0, 1, 2].map((index) => `program ${index}\npython ${index}\n[${index}]`).join('') + '.',
    )
  })

  it('gets the environment of the sandbox, and its own for itself alone', async () => {
    const read = "import os; [os.environ.get(n) for n in ('FROM_SANDBOX', 'SHARED', 'OWN')]"
    expect(textOf(await run(read, { env: { OWN: 'cell', SHARED: 'cell' } }))).toBe("['yes', 'cell', 'cell']")
    expect(textOf(await run(read))).toBe("['yes', 'sandbox', None]")
  })

  it('starts in the directory of its context', async () => {
    const context = await code().createContext('python', { cwd: '/usr/share' })
    expect(context).toMatchObject({ language: 'python', cwd: '/usr/share' })
    expect(textOf(await run('import os; os.getcwd()', { context: context.id }))).toBe('/usr/share')
    await expect(code().createContext('python', { cwd: '/nowhere' })).rejects.toMatchObject({ code: 'path-not-found' })
  })

  it('awaits at top level', async () => {
    expect(textOf(await run("import asyncio\nawait asyncio.sleep(0.001)\n'awaited'"))).toBe('awaited')
  })

  it('shows a value in all its formats', async () => {
    const source = [
      'class Everything:',
      ...['html', 'markdown', 'latex', 'svg', 'javascript'].map(
        (name) => `    def _repr_${name}_(self): return '<${name}>'`,
      ),
      "    def _repr_png_(self): return b'png'",
      "    def _repr_jpeg_(self): return b'jpeg'",
      "    def _repr_pdf_(self): return b'pdf'",
      "    def _repr_json_(self): return {'a': [1]}",
      "    def _repr_mimebundle_(self, include=None, exclude=None): return {'application/x-own': 'own'}",
      "    def __repr__(self): return 'text é'",
      'Everything()',
    ].join('\n')
    const base64 = (text: string): string => Buffer.from(text).toString('base64')
    expect((await run(source)).results[0]?.data).toEqual({
      'text/plain': 'text é',
      'text/html': '<html>',
      'text/markdown': '<markdown>',
      'text/latex': '<latex>',
      'image/svg+xml': '<svg>',
      'application/javascript': '<javascript>',
      'image/png': base64('png'),
      'image/jpeg': base64('jpeg'),
      'application/pdf': base64('pdf'),
      'application/json': '{"a":[1]}',
      'application/x-own': 'own',
    })
  })
})

describe('a context', { timeout: 60_000 }, () => {
  it('is listed, removed once, and unknown after', async () => {
    const { id } = await code().createContext('python')
    expect((await code().listContexts()).map((context) => context.id)).toContain(id)
    expect(await code().removeContext(id)).toBe('removed')
    expect(await code().removeContext(id)).toBe('absent')
    expect((await code().listContexts()).map((context) => context.id)).not.toContain(id)
    await expect(run('1', { context: id })).rejects.toMatchObject({ code: 'context-not-found' })
    await expect(code().restartContext('../files')).rejects.toMatchObject({ code: 'context-not-found' })
  })

  it('is fresh after a restart, which ends what runs', async () => {
    const { id } = await code().createContext('python')
    await run('kept = 1', { context: id })
    const seen: CodeEvent[] = []
    const running = runCode(code(), "print('begun', flush=True)\nimport time\ntime.sleep(600)", {
      context: id,
      onEvent: (event) => seen.push(event),
    })
    await until(() => seen.length > 0, 'the cell has begun', 20_000)
    await code().restartContext(id)
    expect((await running).error).toMatchObject({ name: 'KernelRestarted', stateLost: true })
    expect(await run('kept', { context: id })).toMatchObject({
      error: { name: 'NameError' },
      executionCount: 1,
      stderr: '',
    })
  })

  it('tells that its kernel has crashed and goes on with a fresh one', async () => {
    const { id } = await code().createContext('python')
    await run('kept = 1', { context: id })
    const { error } = await run('import os, signal; os.kill(os.getpid(), signal.SIGSEGV)', { context: id })
    expect(error).toMatchObject({ name: 'KernelDied', stateLost: true })
    expect(error?.value).toContain('SIGSEGV')
    expect(await run("'kept' in globals()", { context: id })).toMatchObject({ executionCount: 1, stderr: '' })
  })

  it('tells the next cell that its kernel has died in between', async () => {
    const { id } = await code().createContext('python')
    await run('import os, threading; threading.Timer(0.2, os._exit, [7]).start()', { context: id })
    await until(async () => (await run('1', { context: id })).executionCount === 1, 'the kernel has died', 20_000)
    expect((await run('2', { context: id })).stderr).toBe('')
  })

  it('keeps its variables when a cell is given up', async () => {
    const { id } = await code().createContext('python')
    await run('kept = 42', { context: id })
    for (const forever of ['while True: pass', 'import time; time.sleep(600)', "import os; os.system('sleep 600')"]) {
      await expect(run(forever, { context: id, deadline: Date.now() + 500 })).rejects.toMatchObject({ code: 'timeout' })
      expect(await run('kept', { context: id })).toMatchObject({ stderr: '', error: undefined })
    }
  })

  it('loses them when the cell cannot be interrupted, and says so', async () => {
    const { id } = await code().createContext('python')
    await run('import signal; signal.signal = print', { context: id })
    const stubborn =
      'import threading, time\nwhile True:\n  try:\n    time.sleep(600)\n  except BaseException:\n    pass'
    await expect(run(stubborn, { context: id, deadline: Date.now() + 500 })).rejects.toMatchObject({ code: 'timeout' })
    expect((await run('1', { context: id })).stderr).toContain('its variables are lost')
  })
})

describe('a request that cannot be met', { timeout: 60_000 }, () => {
  it('is refused with what is wrong', async () => {
    await expect(code().createContext('cobol')).rejects.toMatchObject({ code: 'invalid-argument' })
    const { id } = await code().createContext('python')
    await expect(run('1', { context: id, language: 'python' })).rejects.toMatchObject({ code: 'invalid-argument' })
    await expect(run('1', { env: { 'A=B': '' } })).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})

function show(event: CodeEvent): string {
  switch (event.type) {
    case 'stdout':
    case 'stderr':
      return event.text
    case 'result':
      return `[${event.result.data['text/plain']}]`
    case 'error':
      return event.traceback
    case 'end':
      return '.'
  }
}
