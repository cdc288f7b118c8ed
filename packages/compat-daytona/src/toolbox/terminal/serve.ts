import type {
  PtyCreateRequest,
  PtyCreateResponse,
  PtyListResponse,
  PtyResizeRequest,
  PtySessionInfo,
} from '@daytona/toolbox-api-client'
import { randomUUID } from 'node:crypto'
import { environmentSchema } from '@caisson/core'
import { z } from 'zod'
import { bodyOf, parse } from '../../http/body.ts'
import { ok } from '../../http/call.ts'
import type { ToolboxHandle } from '../call.ts'
import {
  attachTerminal,
  createTerminal,
  getTerminal,
  listTerminals,
  ptyOptionsSchema,
  resizeTerminal,
} from './terminals.ts'

const graceMs = 500
const size = z.number().int().min(1).max(1000)
const createBody = bodyOf<PtyCreateRequest>()({
  id: z.string().optional(),
  cols: size.optional(),
  rows: size.optional(),
  cwd: z.string().optional(),
  envs: environmentSchema.optional(),
  lazyStart: z.boolean().optional(),
})
const resizeBody = bodyOf<PtyResizeRequest>()({ cols: size, rows: size })

export const createPty: ToolboxHandle<PtyCreateResponse> = async (call) => {
  const { lazyStart: _lazy, id = randomUUID(), ...options } = parse(createBody, await call.json())
  const { process } = await createTerminal(call, parse(ptyOptionsSchema, { ...options, id }))
  await process.output.cancel()
  return { status: 201, body: { sessionId: id } }
}

export const readPtys: ToolboxHandle<PtyListResponse> = async ({ entry }) =>
  ok({ sessions: [...(await listTerminals(entry))] })

export const readPty: ToolboxHandle<PtySessionInfo> = async ({ entry, parts }) =>
  ok(await getTerminal(entry, parts[0] ?? ''))

export const resizePty: ToolboxHandle<PtySessionInfo> = async ({ entry, parts, json }) =>
  ok(await resizeTerminal(entry, parts[0] ?? '', parse(resizeBody, await json())))

export const deletePty: ToolboxHandle<never> = async ({ entry, parts }) => {
  const { id } = await getTerminal(entry, parts[0] ?? '')
  const { process } = await attachTerminal(entry, id)
  await process.output.cancel()
  // As when a terminal is closed: what has left its session on purpose goes on.
  await process.signal('SIGHUP')
  const hungUp = await process.wait({ deadline: Date.now() + graceMs }).catch(() => undefined)
  if (hungUp === undefined) await process.signal('SIGKILL')
  return { status: 200 }
}
