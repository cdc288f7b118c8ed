import { type CodeExecution, type CodeInterpreter, type RunCodeOptions, runCode, type Sandbox } from '@caisson/core'
import { ensure, eventually, rejects, same, within } from '../kit/assert.ts'
import type { Checks, Kit } from '../kit/kit.ts'
import { directory, nonce } from '../kit/programs.ts'

const language = 'bash'
const limitMs = 15_000

function codeOf(sandbox: Sandbox): CodeInterpreter {
  ensure(sandbox.code !== undefined, 'the member code is missing')
  return sandbox.code
}

async function run(code: CodeInterpreter, source: string, options: RunCodeOptions = {}): Promise<CodeExecution> {
  return await runCode(code, source, { deadline: Date.now() + limitMs, ...options })
}

/** The interpreter, and a context that ends with the check. */
async function context(kit: Kit): Promise<{ readonly code: CodeInterpreter; readonly id: string }> {
  const code = codeOf(await kit.shared())
  const { id } = await code.createContext(language)
  kit.defer(async () => await code.removeContext(id))
  return { code, id }
}

export const codeChecks: Checks = {
  'code.output': async (kit) => {
    const { code, id } = await context(kit)
    const types: string[] = []
    const { stdout, stderr, error } = await runCode(code, 'echo out; echo err >&2', {
      context: id,
      deadline: Date.now() + limitMs,
      onEvent: ({ type }) => types.push(type),
    })
    same({ stdout, stderr, error }, { stdout: 'out\n', stderr: 'err\n', error: undefined }, 'what the cell gave')
    same([types.at(-1), types.filter((type) => type === 'end').length], ['end', 1], 'last event and number of ends')
  },

  'code.early': async (kit) => {
    const { code, id } = await context(kit)
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    let text = ''
    const running = runCode(code, `echo begun; while ! test -e ${path}/go; do sleep 0.02; done; echo over`, {
      context: id,
      deadline: Date.now() + limitMs,
      onEvent: (event) => {
        if (event.type === 'stdout') text += event.text
      },
    })
    await eventually(
      'the first words of a cell that runs',
      10_000,
      async () => await Promise.resolve(text.includes('begun')),
    )
    await sandbox.files.write(`${path}/go`, new Uint8Array())
    await within(10_000, running, 'the end of the cell')
    same(text, 'begun\nover\n', 'what the cell printed')
  },

  'code.state': async (kit) => {
    const { code, id } = await context(kit)
    const other = await context(kit)
    const value = nonce()
    await run(code, `kept=${value}`, { context: id })
    same((await run(code, 'echo "$kept"', { context: id })).stdout, `${value}\n`, 'in the same context')
    same((await run(code, 'echo "$kept"', { context: other.id })).stdout, '\n', 'in another context')
  },

  'code.default-context': async (kit) => {
    const code = codeOf(await kit.shared())
    const value = nonce()
    await run(code, `shared=${value}`, { language })
    same((await run(code, 'echo "$shared"', { language })).stdout, `${value}\n`, 'in the next cell')
  },

  'code.error': async (kit) => {
    const { code, id } = await context(kit)
    const { error, stdout } = await run(code, 'echo before; (exit 4)', { context: id })
    ensure(error !== undefined && error.name !== '', 'a cell that failed has no error')
    same([stdout, error.stateLost ?? false], ['before\n', false], 'output and whether the state is lost')
    same((await run(code, 'echo after', { context: id })).stdout, 'after\n', 'the next cell')
  },

  'code.environment': async (kit) => {
    const sandbox = await kit.fresh({ env: { OF_SANDBOX: 'there', BOTH: 'sandbox' } })
    const code = codeOf(sandbox)
    const show = 'echo "$OF_SANDBOX/$BOTH/$OF_CELL"'
    const env = { OF_CELL: 'it is', BOTH: 'cell' }
    same((await run(code, show, { language, env })).stdout, 'there/cell/it is\n', 'in the cell')
    same((await run(code, show, { language })).stdout, 'there/sandbox/\n', 'in the next cell')
  },

  'code.cwd': async (kit) => {
    const sandbox = await kit.shared()
    const code = codeOf(sandbox)
    const cwd = await directory(sandbox)
    const created = await code.createContext(language, { cwd })
    kit.defer(async () => await code.removeContext(created.id))
    same([created.language, created.cwd], [language, cwd], 'what is said about the context')
    same((await run(code, 'pwd', { context: created.id })).stdout, `${cwd}\n`, 'where the cell runs')
  },

  'code.contexts': async (kit) => {
    const { code, id } = await context(kit)
    const isListed = async (): Promise<boolean> => (await code.listContexts()).some((listed) => listed.id === id)
    same(await isListed(), true, 'listed before')
    same(await code.removeContext(id), 'removed', 'first removal')
    same([await isListed(), await code.removeContext(id)], [false, 'absent'], 'listed after, and second removal')
    await rejects(
      async () => await run(code, 'true', { context: id }),
      'context-not-found',
      'a cell in a removed context',
    )
    await rejects(async () => await code.restartContext(id), 'context-not-found', 'restart of a removed context')
  },

  'code.restart': async (kit) => {
    const { code, id } = await context(kit)
    await run(code, 'kept=value', { context: id })
    let text = ''
    const running = runCode(code, 'echo begun; sleep 30', {
      context: id,
      deadline: Date.now() + limitMs,
      onEvent: (event) => {
        if (event.type === 'stdout') text += event.text
      },
    })
    await eventually('the cell runs', 10_000, async () => await Promise.resolve(text.includes('begun')))
    await code.restartContext(id)
    same((await within(10_000, running, 'the end of the cell')).error?.stateLost, true, 'stateLost of the running cell')
    same((await run(code, 'echo "$kept"', { context: id })).stdout, '\n', 'a variable after the restart')
  },

  'code.interrupt': async (kit) => {
    const { code, id } = await context(kit)
    await run(code, 'kept=value', { context: id })
    const late = async () => await runCode(code, 'sleep 30', { context: id, deadline: Date.now() + 300 })
    await rejects(late, 'timeout', 'a cell beyond its deadline')
    const stream = await code.run('sleep 30', { context: id })
    await stream.cancel()
    const after = await within(10_000, run(code, 'echo "$kept"', { context: id }), 'the next cell')
    same([after.stdout, after.stderr], ['value\n', ''], 'a variable after the interrupts, and what is said')
  },

  'code.crash': async (kit) => {
    const { code, id } = await context(kit)
    await run(code, 'kept=value', { context: id })
    same((await run(code, 'exit 3', { context: id })).error?.stateLost, true, 'stateLost')
    const after = await run(code, 'echo "<$kept>"', { context: id })
    same([after.stdout, after.error], ['<>\n', undefined], 'the next cell')
  },

  'code.invalid': async (kit) => {
    const { code, id } = await context(kit)
    await rejects(async () => await code.createContext(nonce()), 'invalid-argument', 'an unknown language')
    const both = async () => await run(code, 'true', { context: id, language })
    await rejects(both, 'invalid-argument', 'a context and a language')
  },
}
