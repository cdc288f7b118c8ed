import { environmentSchema, isSandboxError, type Process } from '@caisson/core'
import type { PtySessionInfo } from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { DaytonaError } from '../../daytona-error.ts'
import { type Entry, withEnv } from '../../sandboxes/entry.ts'
import { idSchema, type ToolboxCall } from '../call.ts'

const sizeSchema = z.coerce.number().int().min(1).max(1000)
export const ptyOptionsSchema = z.object({
  id: idSchema,
  cols: sizeSchema.default(80),
  rows: sizeSchema.default(24),
  cwd: z.string().optional(),
  envs: environmentSchema.default({}),
})

type Known = Pick<PtySessionInfo, 'cols' | 'rows' | 'cwd' | 'envs' | 'createdAt'>

/** A terminal that somebody looks at. */
export interface OpenTerminal {
  /** What it prints. */
  readonly process: Process
  /** Absent where the adapter gives none to what it finds again. */
  readonly input: WritableStreamDefaultWriter<Uint8Array> | undefined
}

const tagPrefix = 'daytona-pty:'
/** What this process knows beside what the sandbox says: a replica that did not start a terminal tells less. */
const knownOf = new WeakMap<Entry, Map<string, Known>>()

function known(entry: Entry): Map<string, Known> {
  const all = knownOf.get(entry) ?? new Map<string, Known>()
  knownOf.set(entry, all)
  return all
}

export async function createTerminal(
  { entry, env }: Pick<ToolboxCall, 'entry' | 'env'>,
  { id, cols, rows, cwd, envs }: z.output<typeof ptyOptionsSchema>,
): Promise<OpenTerminal> {
  const { shell, home } = await entry.facts()
  if ((await listTerminals(entry)).some((terminal) => terminal.id === id))
    throw new DaytonaError(409, `terminal ${id} exists`)
  const process = await entry.sandbox.processes.spawn(
    withEnv(env, {
      argv: [shell],
      ...(cwd === undefined ? {} : { cwd }),
      env: { TERM: 'xterm-256color', ...envs },
      terminal: { columns: cols, rows },
      tag: `${tagPrefix}${id}`,
    }),
  )
  known(entry).set(id, { cols, rows, cwd: cwd ?? home, envs, createdAt: new Date().toISOString() })
  return { process, input: process.stdin?.getWriter() }
}

/** The terminal of that id, with all that it printed. */
export async function attachTerminal(entry: Entry, id: string): Promise<OpenTerminal> {
  try {
    const process = await entry.sandbox.processes.attach(`${tagPrefix}${id}`)
    return { process, input: process.stdin?.getWriter() }
  } catch (error) {
    if (!isSandboxError(error) || error.code !== 'process-not-found') throw error
    throw new DaytonaError(404, `PTY session ${id} not found`, { code: 'PROCESS_NOT_FOUND', cause: error })
  }
}

export async function listTerminals(entry: Entry): Promise<readonly PtySessionInfo[]> {
  const running = await entry.sandbox.processes.list()
  return running.flatMap(({ tag, cwd }): PtySessionInfo[] => {
    if (tag?.startsWith(tagPrefix) !== true) return []
    const id = tag.slice(tagPrefix.length)
    const { cols = 80, rows = 24, ...rest } = known(entry).get(id) ?? {}
    const createdAt = new Date(0).toISOString()
    return [{ cwd: cwd ?? '', envs: {}, createdAt, ...rest, id, cols, rows, active: true, lazyStart: false }]
  })
}

export async function getTerminal(entry: Entry, id: string): Promise<PtySessionInfo> {
  const found = (await listTerminals(entry)).find((terminal) => terminal.id === id)
  if (found !== undefined) return found
  throw new DaytonaError(404, `PTY session ${id} not found`, { code: 'PROCESS_NOT_FOUND' })
}

export async function resizeTerminal(
  entry: Entry,
  id: string,
  size: { readonly cols: number; readonly rows: number },
): Promise<PtySessionInfo> {
  const terminal = await getTerminal(entry, id)
  const { process } = await attachTerminal(entry, id)
  await process.output.cancel()
  await process.resize({ columns: size.cols, rows: size.rows })
  const { cwd, envs, createdAt } = terminal
  known(entry).set(id, { cwd, envs, createdAt, ...known(entry).get(id), ...size })
  return { ...terminal, ...size }
}
