import { type CodeEvent, type CodeInterpreter, freshId, type RunCodeOptions } from '@caisson/core'
import { type Broken, type Change, changeSandbox } from './wrap.ts'

const changeCode = (change: (code: CodeInterpreter) => Partial<CodeInterpreter>): Change =>
  changeSandbox(({ code }) => (code === undefined ? {} : { code: { ...code, ...change(code) } }))

/** Changes what a cell is asked with. */
const changeCall = (change: (code: string, options: RunCodeOptions) => readonly [string, RunCodeOptions]): Change =>
  changeCode((code) => ({ run: async (source, options = {}) => await code.run(...change(source, options)) }))

/** Sends every event through a function that gives any number of events. */
const changeEvents = (change: (event: CodeEvent, source: string) => readonly CodeEvent[]): Change =>
  changeCode((code) => ({
    run: async (source, options) =>
      (await code.run(source, options)).pipeThrough(
        new TransformStream<CodeEvent, CodeEvent>({
          transform: (event, controller) => {
            for (const changed of change(event, source)) controller.enqueue(changed)
          },
        }),
      ),
  }))

export const brokenCode: readonly Broken[] = [
  {
    name: 'merges the streams of a cell',
    breaks: ['code.output'],
    change: changeEvents((event) => [event.type === 'stderr' ? { ...event, type: 'stdout' } : event]),
  },
  {
    name: 'holds what a cell prints back until its end',
    breaks: ['code.early', 'code.restart'],
    change: changeCode((code) => ({
      run: async (source, options) => {
        const held: CodeEvent[] = []
        return (await code.run(source, options)).pipeThrough(
          new TransformStream<CodeEvent, CodeEvent>({
            transform: (event) => void held.push(event),
            flush: (controller) => held.forEach((event) => controller.enqueue(event)),
          }),
        )
      },
    })),
  },
  {
    name: 'runs every cell in a context of its own',
    breaks: ['code.state', 'code.default-context', 'code.interrupt'],
    change: changeCode((code) => ({
      run: async (source, { context, language, ...options } = {}) => {
        const known = (await code.listContexts()).find(({ id }) => id === context)
        // Unless something else is asked for than state.
        if ((context !== undefined && known === undefined) || (context !== undefined && language !== undefined))
          return await code.run(source, { context, language, ...options })
        if (!/kept|shared/.test(source)) return await code.run(source, { context, language, ...options })
        const { id } = await code.createContext(known?.language ?? language ?? 'bash')
        return await code.run(source, { ...options, context: id })
      },
    })),
  },
  {
    name: 'takes a failed cell for a good one',
    breaks: ['code.error'],
    change: changeEvents((event) => (event.type === 'error' && event.stateLost !== true ? [] : [event])),
  },
  {
    name: 'ignores the environment of a cell',
    breaks: ['code.environment'],
    change: changeCall((source, options) => [source, { ...options, env: {} }]),
  },
  {
    name: 'starts contexts wherever it likes',
    breaks: ['code.cwd'],
    change: changeCode((code) => ({
      createContext: async (language, options) => {
        const created = await code.createContext(language, { ...options, cwd: undefined })
        return { ...created, cwd: options?.cwd ?? created.cwd }
      },
    })),
  },
  {
    name: 'takes every removal for the first one',
    breaks: ['code.contexts'],
    change: changeCode((code) => ({
      removeContext: async (id, options) => {
        await code.removeContext(id, options)
        return 'removed'
      },
    })),
  },
  {
    name: 'restarts nothing',
    breaks: ['code.restart'],
    change: changeCode((code) => ({
      restartContext: async (id, options) => {
        const known = (await code.listContexts(options)).some((context) => context.id === id)
        if (!known) await code.restartContext(id, options)
      },
    })),
  },
  {
    name: 'lets cells run on that nobody waits for',
    breaks: ['code.interrupt'],
    change: changeCall((source, { deadline, ...options }) => [
      source,
      source === 'sleep 30' ? options : { deadline, ...options },
    ]),
  },
  {
    name: 'hides that its interpreter has crashed',
    breaks: ['code.crash'],
    change: changeEvents((event) =>
      event.type === 'error' && event.name === 'KernelDied' ? [{ ...event, stateLost: undefined }] : [event],
    ),
  },
  {
    name: 'knows every language',
    breaks: ['code.invalid'],
    change: changeCode((code) => ({
      createContext: async (language, options) =>
        language === 'bash' ? await code.createContext(language, options) : { id: freshId(), language, cwd: '/' },
    })),
  },
]
