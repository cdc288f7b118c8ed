import { SandboxError } from '@caisson/core'
import type { FileInfo } from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { DaytonaError } from '../../daytona-error.ts'
import { parse } from '../../http/body.ts'
import { type Answer, nothing, ok } from '../../http/call.ts'
import { daytonaUser } from '../../sandboxes/view.ts'
import type { ToolboxCall, ToolboxHandle } from '../call.ts'
import { run } from '../process/run.ts'
import { fileView } from './info.ts'

const deepest = 64
const pathSchema = z.string({ error: 'is needed' }).min(1, 'is needed')
const modeSchema = z.string().regex(/^0?[0-7]{3,4}$/, 'not an octal mode')
const accountSchema = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'not the name of an account')

export function pathOf({ query }: Pick<ToolboxCall, 'query'>, name = 'path'): string {
  return parse(z.object({ [name]: pathSchema }), { [name]: query.get(name) ?? undefined })[name] ?? ''
}

export const listFiles: ToolboxHandle<FileInfo[]> = async ({ entry, query, signal }) => {
  const path = query.get('path') ?? '.'
  const depth = parse(z.coerce.number().int().min(1).max(deepest), query.get('depth') ?? 1)
  const found = await entry.sandbox.files.list(path === '' ? '.' : path, { depth, signal })
  return ok(found.map((info) => fileView(info, depth > 1 ? info.path : undefined)))
}

export const readFileInfo: ToolboxHandle<FileInfo> = async (call) =>
  ok(fileView(await call.entry.sandbox.files.stat(pathOf(call), { signal: call.signal })))

export const createFolder: ToolboxHandle<never> = async (call) => {
  const path = pathOf(call)
  const mode = parse(modeSchema.optional(), call.query.get('mode') ?? undefined)
  await call.entry.sandbox.files.makeDirectory(path, { signal: call.signal })
  if (mode !== undefined) await change(call, ['chmod', mode], path)
  return { status: 201 }
}

export const deleteFile: ToolboxHandle<never> = async (call) => {
  const path = pathOf(call)
  const { files } = call.entry.sandbox
  const { type } = await files.stat(path, { signal: call.signal })
  if (type === 'directory' && call.query.get('recursive') !== 'true')
    throw new DaytonaError(400, `${path} is a directory: recursive has to be true to remove it`)
  await files.remove(path, { signal: call.signal })
  return nothing
}

export const moveFile: ToolboxHandle<never> = async (call): Promise<Answer<never>> => {
  await call.entry.sandbox.files.move(pathOf(call, 'source'), pathOf(call, 'destination'), { signal: call.signal })
  return { status: 200 }
}

/** `POST /files/permissions`: each of mode, owner and group as far as it is given. */
export const setPermissions: ToolboxHandle<never> = async (call) => {
  const path = pathOf(call)
  const { query, entry } = call
  const mode = parse(modeSchema.optional(), query.get('mode') || undefined)
  const [owner, group] = ['owner', 'group'].map((name) => parse(accountSchema.optional(), query.get(name) || undefined))
  await entry.sandbox.files.stat(path, { signal: call.signal })
  if (mode !== undefined) await change(call, ['chmod', mode], path)
  const [own, their] = [await accountOf(call, owner), await accountOf(call, group)]
  if (own !== undefined) await change(call, ['chown', own], path)
  if (their !== undefined) await change(call, ['chgrp', their], path)
  return { status: 200 }
}

/** Daytona's name for the user of a sandbox stands for whoever that is. */
async function accountOf({ entry }: ToolboxCall, name: string | undefined): Promise<string | undefined> {
  return name === daytonaUser ? (await entry.facts()).user : name
}

async function change(call: ToolboxCall, command: readonly [string, string], path: string): Promise<void> {
  const { exitCode, stderr } = await run(call, { argv: [...command, '--', path] })
  if (exitCode === 0) return
  throw new SandboxError('permission-denied', call.entry.sandbox.adapter, stderr.trim() || `${command[0]} failed`)
}
