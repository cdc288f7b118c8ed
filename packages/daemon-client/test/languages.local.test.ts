import { setTimeout as delay } from 'node:timers/promises'
import { type CodeExecution, type CodeInterpreter, runCode } from '@caisson/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { whyNot } from './support/needs.ts'
import { openSandbox, type TestSandbox } from './support/open-sandbox.ts'

let opened: TestSandbox
let code: CodeInterpreter
beforeAll(async () => {
  opened = await openSandbox({ env: { FROM_SANDBOX: 'yes' } })
  if (opened.sandbox.code === undefined) throw new Error('there is no code interpreter')
  code = opened.sandbox.code
})
afterAll(async () => await opened[Symbol.asyncDispose]())

interface Examples {
  readonly language: string
  readonly programs: readonly string[]
  /** Prints `out` on the one and `err` on the other stream. */
  readonly prints: string
  readonly fails: string
  readonly error: { readonly name: string; readonly value: string | RegExp }
  readonly wrong: { readonly code: string; readonly name: string }
  /** Shows the variables OWN and FROM_SANDBOX. */
  readonly readsEnvironment?: { readonly code: string; readonly shows: readonly [string, string] }
  readonly state?: {
    readonly keeps: string
    readonly shows: string
    readonly value: string
    readonly ends: string
    readonly sleeps: string
  }
}

const languages: readonly Examples[] = [
  {
    language: 'javascript',
    programs: [],
    prints: "console.log('out'); console.error('err')",
    fails: "throw new TypeError('no')",
    error: { name: 'TypeError', value: 'no' },
    wrong: { code: 'const =', name: 'SyntaxError' },
    readsEnvironment: {
      code: '`${process.env.OWN} ${process.env.FROM_SANDBOX}`',
      shows: ['cell yes', 'undefined yes'],
    },
    state: {
      keeps: "import { join } from 'node:path'\nconst kept = join('a', 'b')",
      shows: 'kept',
      value: 'a/b',
      ends: 'process.exit(3)',
      sleeps: 'for (;;) {}',
    },
  },
  {
    language: 'typescript',
    programs: [],
    prints: "const text: string = 'out'\nconsole.log(text); console.error('err')",
    fails: "throw new TypeError('no') as unknown",
    error: { name: 'TypeError', value: 'no' },
    wrong: { code: 'const x: =', name: 'SyntaxError' },
    state: {
      keeps: 'enum Size { big = 42 }\nlet kept: number = await Promise.resolve(Size.big)',
      shows: 'kept satisfies number',
      value: '42',
      ends: 'process.exit(3)',
      sleeps: 'await new Promise(() => {})',
    },
  },
  {
    language: 'bash',
    programs: ['bash'],
    prints: 'echo out; echo err >&2',
    fails: '(exit 4)',
    error: { name: 'ExitStatus', value: '4' },
    wrong: { code: 'if then', name: 'ExitStatus' },
    readsEnvironment: { code: 'echo "$OWN $FROM_SANDBOX"', shows: ['cell yes', ' yes'] },
    state: { keeps: 'kept="it\'s"', shows: 'echo "$kept"', value: "it's", ends: 'exit 3', sleeps: 'sleep 600' },
  },
  {
    language: 'r',
    programs: ['Rscript'],
    prints: "cat('out\\n'); message('err')",
    fails: "stop('no')",
    error: { name: 'simpleError', value: 'no' },
    wrong: { code: '1 +', name: 'simpleError' },
    readsEnvironment: { code: "cat(Sys.getenv(c('OWN', 'FROM_SANDBOX')))", shows: ['cell yes', ' yes'] },
    state: {
      keeps: "kept <- 'é'",
      shows: 'kept',
      value: '[1] "é"',
      ends: 'quit(status = 3)',
      sleeps: 'Sys.sleep(600)',
    },
  },
  {
    language: 'java',
    programs: ['java', 'javac'],
    prints: 'System.out.println("out"); System.err.println("err");',
    fails: 'throw new IllegalStateException("no");',
    error: { name: 'IllegalStateException', value: 'no' },
    wrong: { code: 'int x = ;', name: 'CompilationError' },
    readsEnvironment: {
      code: 'System.getProperty("OWN") + " " + System.getenv("FROM_SANDBOX")',
      shows: ['cell yes', 'null yes'],
    },
    state: {
      keeps: 'int twice(int a) { return 2 * a; }\nint kept = twice(21);',
      shows: 'kept',
      value: '42',
      ends: 'System.exit(3)',
      sleeps: 'for (;;) { }',
    },
  },
  {
    language: 'ruby',
    programs: ['ruby'],
    prints: "puts 'out'; warn 'err'",
    fails: 'exit 4',
    error: { name: 'ExitStatus', value: '4' },
    wrong: { code: 'def (', name: 'ExitStatus' },
    readsEnvironment: { code: "puts \"#{ENV['OWN']} #{ENV['FROM_SANDBOX']}\"", shows: ['cell yes', ' yes'] },
  },
  {
    language: 'cpp',
    programs: ['g++'],
    prints: '#include <iostream>\nint main() { std::cout << "out\\n"; std::cerr << "err\\n"; }',
    fails: 'int main() { return 4; }',
    error: { name: 'ExitStatus', value: '4' },
    wrong: { code: 'int main( {', name: 'ExitStatus' },
  },
]

const shown = ({ results, stdout }: CodeExecution): string =>
  results.find(({ main }) => main)?.data['text/plain'] ?? stdout.trimEnd()

describe.each(languages)('$language', { timeout: 120_000 }, ({ language, programs, prints, fails, error, wrong }) => {
  beforeEach((context) => skipWithout(context, programs))

  it('prints on both streams', async () => {
    const { stdout, stderr, error: failure } = await runCode(code, prints, { language })
    expect([stdout, stderr, failure]).toEqual(['out\n', 'err\n', undefined])
  })

  it('tells its errors', async () => {
    expect((await runCode(code, fails, { language })).error).toMatchObject(error)
    expect((await runCode(code, wrong.code, { language })).error).toMatchObject({ name: wrong.name })
  })
})

function skipWithout(context: TestContext, programs: readonly string[]): void {
  const reason = whyNot(...programs)
  if (reason !== undefined) context.skip(reason)
}

const withEnvironment = languages.flatMap(({ readsEnvironment, ...rest }) =>
  readsEnvironment === undefined ? [] : [{ ...rest, ...readsEnvironment }],
)

describe.each(withEnvironment)(
  'the environment of $language',
  { timeout: 120_000 },
  ({ language, programs, code: source, shows }) => {
    beforeEach((context) => skipWithout(context, programs))

    it('has the variables of a cell for that cell', async () => {
      expect(shown(await runCode(code, source, { language, env: { OWN: 'cell' } }))).toBe(shows[0])
      expect(shown(await runCode(code, source, { language })).trimEnd()).toBe(shows[1])
    })
  },
)

const withState = languages.flatMap(({ state, language, programs }) =>
  state === undefined ? [] : [{ language, programs, state }],
)

describe.each(withState)('a context of $language', { timeout: 120_000 }, ({ language, programs, state }) => {
  beforeEach((context) => skipWithout(context, programs))

  it('keeps its state through an interrupt, and not through its own end', async () => {
    const { id } = await code.createContext(language)
    const run = async (source: string) => await runCode(code, source, { context: id })
    expect(await run(state.keeps)).toMatchObject({ error: undefined, results: [] })
    expect(shown(await run(state.shows))).toBe(state.value)
    const deadline = Date.now() + 1000
    await expect(runCode(code, state.sleeps, { context: id, deadline })).rejects.toMatchObject({ code: 'timeout' })
    const after = await run(state.shows)
    expect([shown(after), after.stderr]).toEqual([state.value, ''])
    expect((await run(state.ends)).error).toMatchObject({ name: 'KernelDied', stateLost: true })
    expect(shown(await run(state.shows))).not.toBe(state.value)
    expect(await code.removeContext(id)).toBe('removed')
  })

  it('keeps its state through an interrupt that comes before the cell has begun, or soon after', async () => {
    const { id } = await code.createContext(language)
    await runCode(code, state.keeps, { context: id })
    for (const afterMs of [0, 0, 0, 0, 1, 2, 4, 8]) {
      const stream = await code.run(state.sleeps, { context: id })
      if (afterMs > 0) await delay(afterMs)
      await stream.cancel()
    }
    const after = await runCode(code, state.shows, { context: id })
    expect([shown(after), after.stderr]).toEqual([state.value, ''])
    await code.removeContext(id)
  })
})

describe('a language that the sandbox lacks', () => {
  it('is unsupported, by name', async () => {
    await using bare = await openSandbox({ env: { PATH: '/nowhere' } })
    for (const language of ['python', 'bash', 'r', 'java', 'ruby', 'cpp'])
      await expect(bare.sandbox.code?.createContext(language)).rejects.toMatchObject({ code: 'unsupported' })
    const { results } = await runCode(bare.sandbox.code ?? code, '6 * 7', { language: 'javascript' })
    expect(results[0]?.data['text/plain']).toBe('42')
  })
})
