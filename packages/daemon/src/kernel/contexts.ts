import { ConnectError } from '@caisson/wire-e2b'
import type { Config } from '../config.ts'
import { findDirectory } from '../process/launch.ts'
import type { Root } from '../process/kill-tree.ts'
import type { ProcessTable } from '../process/process-table.ts'
import type { User } from '../user.ts'
import { type Context, type ContextInfo, createContext } from './context.ts'
import { createLanguages } from './languages.ts'
import { kernelPlace } from './spawn-kernel.ts'
import { requireLanguage, startKernel } from './start-kernel.ts'

/** Every context costs memory only once something runs in it; this bounds what their names cost. */
const maxContexts = 1000
/** Languages whose default contexts are listed before they are used. */
const listed = ['python', 'javascript']
/** Time without a cell after which the sandbox counts as idle. */
const idleMs = 250

export interface ContextTable {
  readonly create: (language: string, cwd: string | undefined, user: User) => ContextInfo
  readonly list: (user: User) => readonly ContextInfo[]
  /** Unknown: `not_found`. */
  readonly find: (id: string) => Context
  /** The context in which code of a language runs unless it names one. */
  readonly defaultFor: (language: string, user: User) => Context
  readonly remove: (id: string) => Promise<void>
  /** To be told when a cell is over. */
  readonly onCellEnd: () => void
}

export function createContextTable(config: Config, processes: ProcessTable): ContextTable {
  const languages = createLanguages()
  const contexts = new Map<string, Context>()
  const defaults = new Map<string, string>()
  let idleTimer: ReturnType<typeof setTimeout> | undefined

  function others(self: Root): readonly Root[] {
    const kernels = Array.from(contexts.values(), ({ kernel }) => kernel?.root).filter((root) => root !== undefined)
    return [...kernels, ...processes.running().map(({ root }) => root)].filter(({ marker }) => marker !== self.marker)
  }

  function add(language: string, cwd: string | undefined, user: User): Context {
    if (contexts.size >= maxContexts)
      throw new ConnectError('resource_exhausted', `there are ${maxContexts} contexts already`)
    const kind = languages.kindOf(language)
    const place = kernelPlace(user, findDirectory(cwd ?? config.workdir, user), config.env)
    requireLanguage(language, kind, place)
    const info = { id: crypto.randomUUID(), language, cwd: place.cwd }
    const context = createContext(
      info,
      async () => await startKernel(kind, { ...place, env: { ...place.env, ...config.env } }, others),
    )
    contexts.set(info.id, context)
    return context
  }

  function find(id: string): Context {
    const context = contexts.get(id)
    if (context === undefined) throw new ConnectError('not_found', `Context ${id} not found`)
    return context
  }

  function defaultFor(language: string, user: User): Context {
    const name = languages.nameOf(language)
    const known = contexts.get(defaults.get(name) ?? '')
    if (known !== undefined) return known
    const context = add(name, undefined, user)
    defaults.set(name, context.id)
    return context
  }

  function rest(): void {
    if (![...contexts.values()].some(({ isBusy }) => isBusy)) languages.onIdle()
  }

  // The daemon's own end takes its kernels along, which would otherwise go on with what they are at.
  process.on('exit', () => {
    languages.end()
    for (const { kernel } of contexts.values()) {
      try {
        if (kernel !== undefined) process.kill(-kernel.pid, 'SIGKILL')
      } catch {
        // It is gone already.
      }
    }
  })

  return {
    create: (language, cwd, user) => toInfo(add(languages.nameOf(language), cwd, user)),
    list: (user) => {
      for (const language of listed) defaultFor(language, user)
      return Array.from(contexts.values(), toInfo)
    },
    find,
    defaultFor,
    remove: async (id) => {
      const context = find(id)
      contexts.delete(id)
      await context.restart()
    },
    onCellEnd: () => {
      if (idleTimer === undefined) idleTimer = setTimeout(rest, idleMs)
      else idleTimer.refresh()
    },
  }
}

function toInfo({ id, language, cwd }: ContextInfo): ContextInfo {
  return { id, language, cwd }
}
