import type { CodeContext, CodeInterpreter } from '@caisson/core'
import type { CreateContextRequest, InterpreterContext, ListContextsResponse } from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { DaytonaError } from '../../daytona-error.ts'
import { bodyOf, parse } from '../../http/body.ts'
import { nothing, ok } from '../../http/call.ts'
import type { Entry } from '../../sandboxes/entry.ts'
import type { ToolboxHandle } from '../call.ts'

export function interpreterOf({ sandbox }: Entry): CodeInterpreter {
  if (sandbox.code !== undefined) return sandbox.code
  throw new DaytonaError(400, `sandboxes of ${sandbox.adapter} have no interpreter`)
}

const createBody = bodyOf<CreateContextRequest>()({ cwd: z.string().optional(), language: z.string().optional() })

/** When this process made a context. */
const madeAt = new WeakMap<Entry, Map<string, string>>()

export const createContext: ToolboxHandle<InterpreterContext> = async ({ entry, json, signal }) => {
  const { cwd, language = 'python' } = parse(createBody, await json())
  const context = await interpreterOf(entry).createContext(language, {
    signal,
    ...(cwd === undefined || cwd === '' ? {} : { cwd }),
  })
  const times = madeAt.get(entry) ?? new Map<string, string>()
  madeAt.set(entry, times.set(context.id, new Date().toISOString()))
  return ok(viewOf(entry, context))
}

export const readContexts: ToolboxHandle<ListContextsResponse> = async ({ entry, signal }) => {
  const contexts = await interpreterOf(entry).listContexts({ signal })
  return ok({ contexts: contexts.map((context) => viewOf(entry, context)) })
}

export const deleteContext: ToolboxHandle<never> = async ({ entry, parts, signal }) => {
  const removed = await interpreterOf(entry).removeContext(parts[0] ?? '', { signal })
  if (removed === 'removed') return nothing
  throw new DaytonaError(404, `context ${parts[0] ?? ''} not found`)
}

function viewOf(entry: Entry, { id, cwd, language }: CodeContext): InterpreterContext {
  return { id, cwd, language, active: true, createdAt: madeAt.get(entry)?.get(id) ?? new Date(0).toISOString() }
}
