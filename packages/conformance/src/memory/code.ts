import { type CodeContext, type CodeInterpreter, freshId, type Processes, SandboxError } from '@caisson/core'
import { type Context, createContext, followCell } from './code-cell.ts'
import type { Guard } from './guard.ts'

const language = 'bash'

/** The contexts of one sandbox, shared by all its handles. */
export type CodeContexts = Map<string, Context>

/**
 * Cells of a shell. Each runs in a process of its own; what stays is the variables that earlier cells assigned on lines of their own,
 * which is all that tests of contexts need.
 */
export function createCode(
  adapter: string,
  contexts: CodeContexts,
  processes: Processes,
  guard: Guard,
): CodeInterpreter {
  function add(id: string, name: string, cwd: string): Context {
    if (name !== language)
      throw new SandboxError('invalid-argument', adapter, `there is no language ${name}`, { field: 'language' })
    const context = createContext(id, cwd)
    contexts.set(id, context)
    return context
  }

  function find(id: string): Context {
    const context = contexts.get(id)
    if (context !== undefined) return context
    throw new SandboxError('context-not-found', adapter, `no context ${id}`, { field: 'context' })
  }

  function defaultFor(name: string): Context {
    return (name === language ? contexts.get(name) : undefined) ?? add(name, name, '/home/user')
  }

  async function forget(context: Context): Promise<void> {
    context.restarts += 1
    context.variables.clear()
    context.executions = 0
    await context.running?.cancel()
  }

  return {
    createContext: async (name, { cwd = '/home/user', ...options } = {}) =>
      await guard(options, () => toInfo(add(freshId('context'), name, cwd))),
    listContexts: async (options) => await guard(options, () => Array.from(contexts.values(), toInfo)),
    removeContext: async (id, options) =>
      await guard(options, async () => {
        const context = contexts.get(id)
        contexts.delete(id)
        if (context === undefined) return 'absent'
        await forget(context)
        return 'removed'
      }),
    restartContext: async (id, options) => await guard(options, async () => await forget(find(id))),
    run: async (code, { context: id, language: name, env = {}, ...options } = {}) =>
      await guard(options, async () => {
        if (id !== undefined && name !== undefined)
          throw new SandboxError('invalid-argument', adapter, 'a context has a language', { field: 'language' })
        const context = id === undefined ? defaultFor(name ?? 'python') : find(id)
        return await Promise.resolve(followCell(context, { code, env, processes, adapter, options }))
      }),
  }
}

function toInfo({ id, cwd }: Context): CodeContext {
  return { id, language, cwd }
}
