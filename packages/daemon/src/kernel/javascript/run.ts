import { createRequire, isBuiltin } from 'node:module'
import { formatWithOptions } from 'node:util'
import { type Module, runInThisContext } from 'node:vm'
import { asEnvironment, asFields, asText } from '../../fields.ts'
import { createKernelChannel } from './channel.ts'
import { describeError, interrupted } from './describe-error.ts'
import { formatsOf } from './formats.ts'
import { type Dialect, transpile } from './transpile.ts'

/** A kernel for JavaScript or TypeScript in the daemon's own executable: runs cells until the daemon is gone. */
export async function runJavaScript(dialect: Dialect): Promise<never> {
  const channel = createKernelChannel()
  const lines = channel.lines()
  const start = asFields((await lines.next()).value, 'start')
  channel.setNonce(asText(start['nonce'], 'nonce'))
  replaceEnvironment(asEnvironment(start['env'], 'env'))
  process.chdir(asText(start['cwd'], 'cwd'))

  let interrupt: (() => void) | undefined
  process.on('SIGINT', () => interrupt?.())
  redirectOutput(channel.write)
  const complain = (error: unknown): void => channel.write(2, `${describeError(error).traceback}\n`)
  process.on('unhandledRejection', complain)
  process.on('uncaughtException', complain)
  const show = async (value: unknown, main: boolean): Promise<void> => {
    channel.send({ event: 'result', main, data: await formatsOf(value) })
  }
  offerGlobals(async (value) => await show(value, false))

  async function evaluate(code: string, count: number): Promise<void> {
    const { source, isQuiet } = transpile(code, dialect)
    const done: unknown = await runInThisContext(source, {
      filename: `<cell ${count}>`,
      breakOnSigint: true,
      importModuleDynamically: importFromHere,
    })
    if (isQuiet || typeof done !== 'object' || done === null || !('value' in done)) return
    const value = done.value instanceof Promise ? await done.value : done.value
    if (value !== undefined) await show(value, true)
  }

  channel.send({ event: 'ready' })
  let count = 0
  for await (const command of lines) {
    const fields = asFields(command, 'command')
    const restore = withEnvironment(asEnvironment(fields['env'], 'env'))
    count += 1
    try {
      const stop = Promise.withResolvers<never>()
      interrupt = () => stop.reject(interruption)
      await Promise.race([evaluate(asText(fields['code'], 'code'), count), stop.promise])
    } catch (error) {
      channel.send({ event: 'error', ...(error === interruption ? interrupted : describeError(error)) })
    }
    interrupt = undefined
    restore()
    channel.end()
  }
  process.exit(0)
}

/** Modules are looked for from the working directory on. */
async function importFromHere(name: string): Promise<Module> {
  const isOwn = isBuiltin(name) || name === 'bun' || name.startsWith('bun:')
  return (await import(isOwn ? name : Bun.resolveSync(name, process.cwd()))) as Module
}

const interruption = Symbol('interruption')

function replaceEnvironment(env: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(Bun.env)) if (!Object.hasOwn(env, name)) delete Bun.env[name]
  Object.assign(Bun.env, env)
}

/** Sets variables; gives a way back. */
function withEnvironment(env: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(env).map((name) => [name, Bun.env[name]] as const)
  Object.assign(Bun.env, env)
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete Bun.env[name]
      else Bun.env[name] = value
    }
  }
}

/** What is printed goes out at once, so that it keeps its order with results and with what other programs print. */
function redirectOutput(write: (stream: 1 | 2, text: string | Uint8Array) => void): void {
  const printTo =
    (stream: 1 | 2) =>
    (...values: unknown[]): void =>
      write(stream, `${formatWithOptions({ colors: false }, ...values)}\n`)
  for (const name of ['log', 'info', 'debug'] as const) console[name] = printTo(1)
  for (const name of ['error', 'warn', 'trace'] as const) console[name] = printTo(2)
  for (const [stream, target] of [
    [1, process.stdout],
    [2, process.stderr],
  ] as const) {
    target.write = (text: string | Uint8Array, ...rest: unknown[]): boolean => {
      write(stream, text)
      const done = rest.findLast((value) => typeof value === 'function')
      if (done !== undefined) queueMicrotask(() => Reflect.apply(done, undefined, []))
      return true
    }
  }
}

/** What code finds besides the language's own globals, as a module in the working directory would. */
function offerGlobals(display: (value: unknown) => Promise<void>): void {
  const directory = process.cwd()
  const module = { exports: {} }
  Object.assign(globalThis, {
    require: createRequire(`${directory}/cell.js`),
    module,
    exports: module.exports,
    __dirname: directory,
    __filename: `${directory}/cell.js`,
    display,
  })
}
