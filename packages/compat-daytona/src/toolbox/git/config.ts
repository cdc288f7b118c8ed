import type {
  GitAddRemoteRequest,
  GitConfigResponse,
  GitConfigureUserRequest,
  GitSetConfigRequest,
  ListRemotesResponse,
} from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { DaytonaError } from '../../daytona-error.ts'
import { bodyOf, parse } from '../../http/body.ts'
import { ok } from '../../http/call.ts'
import type { ToolboxHandle } from '../call.ts'
import { pathOf } from '../files/manage.ts'
import { git, tryGit } from './git.ts'
import { pathSchema, plain } from './schemas.ts'

export const listRemotes: ToolboxHandle<ListRemotesResponse> = async (call) => {
  const text = await git(call, ['config', '--get-regexp', '-z', String.raw`^remote\..*\.url$`], {
    path: pathOf(call),
  }).catch(async (error: unknown) => {
    // None is an exit code too.
    const { exitCode } = await tryGit(call, ['rev-parse', '--git-dir'], { path: pathOf(call) })
    if (exitCode === 0) return ''
    throw error
  })
  const remotes = text.split('\0').flatMap((entry) => {
    const [key = '', url] = entry.split(/\n(.*)/s)
    return url === undefined ? [] : [{ name: key.slice('remote.'.length, -'.url'.length), url }]
  })
  return ok({ remotes })
}

const remoteBody = bodyOf<GitAddRemoteRequest>()({
  path: pathSchema,
  name: plain,
  url: plain,
  fetch: z.boolean().optional(),
  overwrite: z.boolean().optional(),
})

export const addRemote: ToolboxHandle<never> = async (call) => {
  const { path, name, url, fetch, overwrite } = parse(remoteBody, await call.json())
  const isThere = (await tryGit(call, ['config', '--get', `remote.${name}.url`], { path })).exitCode === 0
  if (isThere && overwrite !== true) throw new DaytonaError(409, `a remote named ${name} exists`)
  await git(call, ['remote', isThere ? 'set-url' : 'add', name, url], { path })
  if (fetch === true) await git(call, ['fetch', name], { path })
  return { status: 201 }
}

const scopeSchema = z.enum(['global', 'local', 'system']).optional()
const keySchema = z.string().regex(/^[A-Za-z][A-Za-z0-9-]*(\.[^\n\0]+)?\.[A-Za-z][A-Za-z0-9-]*$/, 'not a key of git')
const setBody = bodyOf<GitSetConfigRequest>()({
  key: keySchema,
  value: z.string(),
  scope: z.string().optional(),
  path: z.string().optional(),
})

function where(scope: string | undefined, path: string | undefined) {
  const known = parse(scopeSchema, scope === '' ? undefined : scope) ?? 'global'
  if (known === 'local' && path === undefined) throw new DaytonaError(400, 'path: is needed for the scope local')
  return { flag: `--${known}`, options: path === undefined || path === '' ? {} : { path } }
}

export const setConfig: ToolboxHandle<never> = async (call) => {
  const { key, value, scope, path } = parse(setBody, await call.json())
  const { flag, options } = where(scope, path)
  await git(call, ['config', flag, '--', key, value], options)
  return { status: 200 }
}

export const getConfig: ToolboxHandle<GitConfigResponse> = async (call) => {
  const { query } = call
  const { flag, options } = where(query.get('scope') ?? undefined, query.get('path') ?? undefined)
  const key = parse(keySchema, query.get('key') ?? undefined)
  const { exitCode, stdout } = await tryGit(call, ['config', flag, '--get', '--', key], options)
  return ok(exitCode === 0 ? { value: stdout.replace(/\n$/, '') } : {})
}

const userBody = bodyOf<GitConfigureUserRequest>()({
  name: z.string().min(1),
  email: z.string().min(1),
  scope: z.string().optional(),
  path: z.string().optional(),
})

export const configureUser: ToolboxHandle<never> = async (call) => {
  const { name, email, scope, path } = parse(userBody, await call.json())
  const { flag, options } = where(scope, path)
  await git(call, ['config', flag, '--', 'user.name', name], options)
  await git(call, ['config', flag, '--', 'user.email', email], options)
  return { status: 200 }
}
