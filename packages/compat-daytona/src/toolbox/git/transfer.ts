import type {
  GitAuthenticateRequest,
  GitCloneRequest,
  GitPullRequest,
  GitPushRequest,
} from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { DaytonaError } from '../../daytona-error.ts'
import { bodyOf, parse } from '../../http/body.ts'
import type { ToolboxCall, ToolboxHandle } from '../call.ts'
import { assertRepository, type Credentials, git, tryGit } from './git.ts'
import { credential, pathSchema, plain } from './schemas.ts'

const cloneBody = bodyOf<GitCloneRequest>()({
  url: plain,
  path: pathSchema,
  branch: plain.optional(),
  commit_id: plain.optional(),
  depth: z.number().int().min(0).optional(),
  insecure_skip_tls: z.boolean().optional(),
  username: credential,
  password: credential,
})

export const clone: ToolboxHandle<never> = async (call) => {
  const {
    url,
    path,
    branch,
    commit_id,
    depth = 0,
    insecure_skip_tls,
    ...credentials
  } = parse(cloneBody, await call.json())
  const options = {
    ...given(credentials),
    config: insecure_skip_tls === true ? ['http.sslVerify=false'] : [],
  }
  const args = [
    ...(branch === undefined ? [] : ['--branch', branch]),
    ...(depth > 0 ? ['--depth', String(depth)] : []),
    '--',
    url,
    path,
  ]
  const { exitCode, stderr } = await tryGit(call, ['clone', ...args], options)
  if (exitCode !== 0) throw await transferError(call, stderr, { url, ...options })
  if (commit_id !== undefined && commit_id !== '') await git(call, ['checkout', '--detach', commit_id], { path })
  return { status: 200 }
}

const pushBody = bodyOf<GitPushRequest>()({
  path: pathSchema,
  username: credential,
  password: credential,
  branch: plain.optional(),
  remote: plain.optional(),
  set_upstream: z.boolean().optional(),
})

export const push: ToolboxHandle<never> = async (call) => {
  const { path, branch, remote, set_upstream, ...credentials } = parse(pushBody, await call.json())
  await assertRepository(call, path)
  const where = branch === undefined && remote === undefined ? [] : [remote ?? 'origin', branch ?? 'HEAD']
  const args = ['push', ...(set_upstream === true ? ['--set-upstream'] : []), ...where]
  const { exitCode, stderr } = await tryGit(call, args, { path, ...given(credentials) })
  if (exitCode === 0) return { status: 200 }
  // The remote is there, so that it was the push that it refused.
  const isThere =
    (await tryGit(call, ['ls-remote', remote ?? 'origin'], { path, ...given(credentials) })).exitCode === 0
  if (isThere) throw new DaytonaError(409, stderr.trim().slice(0, 2000), { code: 'GIT_PUSH_REJECTED' })
  throw new DaytonaError(502, stderr.trim().slice(0, 2000), { code: 'GIT_TRANSPORT_FAILED' })
}

const pullBody = bodyOf<GitPullRequest>()({
  path: pathSchema,
  username: credential,
  password: credential,
  branch: plain.optional(),
  remote: plain.optional(),
})

export const pull: ToolboxHandle<never> = async (call) => {
  const { path, branch, remote, ...credentials } = parse(pullBody, await call.json())
  const where =
    branch === undefined && remote === undefined ? [] : [remote ?? 'origin', ...(branch === undefined ? [] : [branch])]
  await git(call, ['pull', '--ff', ...where], { path, ...given(credentials) })
  return { status: 200 }
}

const authenticateBody = bodyOf<GitAuthenticateRequest>()({
  username: z.string().min(1).max(4096),
  password: z.string().min(1).max(4096),
  host: plain.optional(),
  protocol: plain.optional(),
})

/** Leaves the credentials in the sandbox, readable for all that runs there, as its name says with Daytona's clients. */
export const authenticate: ToolboxHandle<never> = async (call) => {
  const { username, password, host = 'github.com', protocol = 'https' } = parse(authenticateBody, await call.json())
  await git(call, ['config', '--global', 'credential.helper', 'store'])
  const { home } = await call.entry.facts()
  const line = `${protocol}://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}\n`
  await call.entry.sandbox.files.write(`${home}/.git-credentials`, Buffer.from(line), { mode: 0o600 })
  return { status: 200 }
}

function given({ username, password }: Credentials): Credentials {
  return { username, password }
}

/** Whether git reaches the repository at all tells a branch that is missing from an address that is wrong. */
async function transferError(
  call: ToolboxCall,
  stderr: string,
  { url, ...options }: Credentials & { readonly url: string; readonly config: readonly string[] },
): Promise<DaytonaError> {
  const message = stderr.trim().slice(0, 2000)
  const isThere = (await tryGit(call, ['ls-remote', '--', url], options)).exitCode === 0
  if (isThere) return new DaytonaError(400, message)
  return new DaytonaError(502, message, { code: 'GIT_TRANSPORT_FAILED' })
}
