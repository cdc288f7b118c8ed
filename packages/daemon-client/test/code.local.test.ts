import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CodeEvent, type CodeExecution, type CodeInterpreter, type RunCodeOptions, runCode } from '@caisson/core'
import { until } from '@caisson/daemon/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { whyNoModule } from './support/needs.ts'
import { openSandbox, type TestSandbox } from './support/open-sandbox.ts'

const shells = [
  { shell: 'IPython', isPlain: false, whyNot: whyNoModule('IPython') },
  { shell: 'the plain shell', isPlain: true, whyNot: whyNoModule() },
]
const noLibraries = whyNoModule('pandas', 'matplotlib')

const charts = [
  {
    draw: "plt.plot([0, 1], [1, 100], label='growth'); plt.yscale('log'); plt.xlabel('Time (s)'); plt.title('T'); plt.axhline(5)",
    chart: {
      type: 'line',
      title: 'T',
      xLabel: 'Time (s)',
      xUnit: 's',
      xScale: 'linear',
      yScale: 'log',
      elements: [
        {
          label: 'growth',
          points: [
            [0, 1],
            [1, 100],
          ],
        },
      ],
    },
  },
  {
    draw: "import datetime as d; plt.scatter([d.date(2024, 1, 1), d.date(2024, 1, 2)], ['a', 'b'], label='s')",
    chart: {
      type: 'scatter',
      xScale: 'datetime',
      yScale: 'categorical',
      elements: [
        {
          label: 's',
          points: [
            ['2024-01-01T00:00:00', 'a'],
            ['2024-01-02T00:00:00', 'b'],
          ],
        },
      ],
    },
  },
  {
    draw: "import pandas as pd; pd.DataFrame({'m': [1, 2], 'w': [3, 4]}, index=['x', 'y']).plot.bar(ax=plt.gca())",
    chart: {
      type: 'bar',
      elements: [
        { label: 'x', group: 'm', value: 1 },
        { label: 'y', group: 'm', value: 2 },
        { label: 'x', group: 'w', value: 3 },
        { label: 'y', group: 'w', value: 4 },
      ],
    },
  },
  {
    draw: "plt.pie([90, 10], labels=['no', 'yes'])",
    chart: {
      type: 'pie',
      elements: [
        { label: 'no', angle: 324, radius: 1 },
        { label: 'yes', angle: 36, radius: 1 },
      ],
    },
  },
  {
    draw: 'plt.boxplot([[1, 2, 3, 4, 100]], vert=False, patch_artist=True)',
    chart: {
      type: 'box_and_whisker',
      elements: [{ label: '1', min: 1, firstQuartile: 2, median: 3, thirdQuartile: 4, max: 4, outliers: [100] }],
    },
  },
  {
    draw: "figure, (left, right) = plt.subplots(1, 2); left.plot([1, 2]); right.bar(['a'], [1]); figure.suptitle('both')",
    chart: { type: 'superchart', title: 'both', elements: [{ type: 'line' }, { type: 'bar' }] },
  },
  { draw: 'plt.imshow([[1, 2], [3, 4]]); plt.colorbar()', chart: { type: 'unknown' } },
]

describe.each(shells)('Python in $shell', { timeout: 60_000 }, ({ isPlain, whyNot }) => {
  const blocked = mkdtempSync(join(tmpdir(), 'caisson-python-'))
  let opened: TestSandbox | undefined
  beforeEach((context) => {
    if (whyNot !== undefined) context.skip(whyNot)
  })
  beforeAll(async () => {
    if (whyNot !== undefined) return
    if (isPlain) {
      mkdirSync(join(blocked, 'IPython'))
      writeFileSync(join(blocked, 'IPython/__init__.py'), "raise ImportError('not in this test')")
    }
    const path = isPlain ? { PYTHONPATH: blocked } : {}
    opened = await openSandbox({ env: { FROM_SANDBOX: 'yes', SHARED: 'sandbox', ...path } })
  })
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]()
    rmSync(blocked, { recursive: true, force: true })
  })

  function code(): CodeInterpreter {
    const found = opened?.sandbox.code
    if (found === undefined) throw new Error('there is no code interpreter')
    return found
  }

  async function run(source: string, options?: RunCodeOptions): Promise<CodeExecution> {
    return await runCode(code(), source, options)
  }

  const textOf = ({ results }: CodeExecution): string | undefined =>
    results.find(({ main }) => main)?.data['text/plain']

  describe('a cell', () => {
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

    it('is told with all that programs write in it, and with nothing of the one before', async () => {
      for (let turn = 0; turn < 40; turn += 1) {
        const size = turn % 10 === 0 ? 200_000 : 1
        const program = `import os; os.write(1, b'${turn % 10}' * ${size}); os.write(2, b'e${turn}\\0')`
        const { stdout, stderr } = await run(
          `import subprocess, sys\nsubprocess.run([sys.executable, '-Sc', ${JSON.stringify(program)}])\nNone`,
        )
        expect({ stdout, stderr }).toEqual({ stdout: `${turn % 10}`.repeat(size), stderr: `e${turn}\0` })
      }
    })

    it('survives an error that cannot say what it is', async () => {
      const { error } = await run('class Odd(Exception):\n    def __str__(self): raise self\nkept = 1\nraise Odd')
      expect(error).toMatchObject({ name: 'Odd', value: '<exception str() failed>' })
      expect((await run('kept')).results[0]?.data['text/plain']).toBe('1')
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
      await expect(code().createContext('python', { cwd: '/nowhere' })).rejects.toMatchObject({
        code: 'path-not-found',
      })
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

  describe('a context', () => {
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
        // Before anything has been told of it, and after.
        for (const patienceMs of [5, 500]) {
          await expect(run(forever, { context: id, deadline: Date.now() + patienceMs })).rejects.toMatchObject({
            code: 'timeout',
          })
          expect(await run('kept', { context: id })).toMatchObject({ stderr: '', error: undefined })
        }
      }
    })

    it('loses them when the cell cannot be interrupted, and says so', async () => {
      const { id } = await code().createContext('python')
      await run('import signal; signal.signal = print', { context: id })
      const stubborn =
        'import threading, time\nwhile True:\n  try:\n    time.sleep(600)\n  except BaseException:\n    pass'
      await expect(run(stubborn, { context: id, deadline: Date.now() + 500 })).rejects.toMatchObject({
        code: 'timeout',
      })
      expect((await run('1', { context: id })).stderr).toContain('its variables are lost')
    })
  })

  describe('a request that cannot be met', () => {
    it('is refused with what is wrong', async () => {
      await expect(code().createContext('cobol')).rejects.toMatchObject({ code: 'invalid-argument' })
      const { id } = await code().createContext('python')
      await expect(run('1', { context: id, language: 'python' })).rejects.toMatchObject({ code: 'invalid-argument' })
      await expect(run('1', { env: { 'A=B': '' } })).rejects.toMatchObject({ code: 'invalid-argument' })
    })
  })

  describe('what notebooks are used to', () => {
    it('runs programs by `!`, and the common magics', async () => {
      expect((await run('!echo program; pwd')).stdout).toBe(`program\n${opened?.daemon.home}\n`)
      expect(textOf(await run('lines = !echo a; echo b\nlist(lines)'))).toBe("['a', 'b']")
      expect((await run('%%bash\necho "from bash"')).stdout).toBe('from bash\n')
      expect((await run('%matplotlib inline\nprint(1)')).stdout).toBe('1\n')
      expect((await run('%pip --version')).stdout + (await run('%pip --version')).stderr).toContain('pip')
    })

    it('says nothing for a value that is dismissed or None', async () => {
      expect((await run('1;')).results).toEqual([])
      expect((await run('None')).results).toEqual([])
      expect(textOf(await run('7\n'))).toBe('7')
      expect(textOf(await run('_ + 1'))).toBe('8')
    })

    it('outlives exit(), and code that forks', async () => {
      expect((await run('import sys; kept = 1; sys.exit()')).error?.stateLost).toBeUndefined()
      const fork = "import os\nif os.fork() == 0:\n    print('child')\nelse:\n    os.wait()\n    print('parent')"
      expect((await run(fork)).stdout).toBe('child\nparent\n')
      const pool =
        'import multiprocessing as m\ndef f(x): return x * x\nwith m.Pool(2) as pool: print(pool.map(f, [1, 2]))'
      expect((await run(pool)).stdout).toBe('[1, 4]\n')
      expect(textOf(await run('kept'))).toBe('1')
    })

    it('tells at once that nobody answers questions', async () => {
      expect((await run("input('name? ')")).error?.name).toMatch(/EOFError|StdinNotImplementedError/)
    })

    it('brings all of a lot of output', async () => {
      const { stdout } = await run("for i in range(20000): print('line', i)")
      expect(stdout).toBe(Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join(''))
    })

    it('leaves out a format that is larger than a result may be, and says so', async () => {
      const { results, stderr } = await run("class Big:\n    def _repr_html_(self): return 'x' * (17 << 20)\nBig()")
      expect(Object.keys(results[0]?.data ?? {})).toEqual(['text/plain'])
      expect(stderr).toContain('text/html was left out')
    })
  })

  describe('data', () => {
    beforeEach((context) => {
      if (noLibraries !== undefined) context.skip(noLibraries)
    })

    it('comes as it is: lists and dictionaries, data frames, charts', async () => {
      expect((await run("{'a': [1, None]}")).results[0]?.data['application/json']).toBe('{"a":[1,null]}')
      const frame =
        "import pandas as pd\npd.DataFrame({'n': [1, 2.5], 's': ['x', None], 't': pd.to_datetime(['2024-01-01', None])})"
      const [result] = (await run(frame)).results
      expect(result?.table).toEqual({ n: [1, 2.5], s: ['x', null], t: ['2024-01-01T00:00:00', null] })
      expect(result?.data['text/html']).toContain('<table')
    })

    it.each(charts)('is read from a figure: $chart.type', async ({ draw, chart }) => {
      const { results, error } = await run(`import matplotlib.pyplot as plt\n${draw}\nplt.show()`)
      expect(error).toBeUndefined()
      expect(results.map(({ main }) => main)).toEqual([false])
      expect(results[0]?.chart).toMatchObject(chart)
      expect(
        Buffer.from(results[0]?.data['image/png'] ?? '', 'base64')
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG')
    })

    it('differs between contexts where it is random', async () => {
      const draw = 'import numpy as np, random; (np.random.random(), random.random())'
      const contexts = [await code().createContext('python'), await code().createContext('python')]
      const drawn = await Promise.all(contexts.map(async ({ id }) => textOf(await run(draw, { context: id }))))
      expect(new Set(drawn).size).toBe(2)
    })
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
