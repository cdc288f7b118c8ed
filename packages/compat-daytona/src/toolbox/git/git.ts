import { isSandboxError } from '@caisson/core'
import { DaytonaError } from '../../daytona-error.ts'
import type { ToolboxCall } from '../call.ts'
import { type Ran, run } from '../process/run.ts'

export interface Credentials {
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/** Asks git for them, who takes them from its environment: they stand in no argument and no file. */
const helper = '!f() { echo "username=$DAYTONA_GIT_USERNAME"; echo "password=$DAYTONA_GIT_PASSWORD"; }; f'
const transferMs = 10 * 60 * 1000

export interface GitOptions extends Credentials {
  /** The repository. Absent: at home. */
  readonly path?: string | undefined
  readonly config?: readonly string[] | undefined
}

/** Runs git in a repository of the sandbox. It never asks anybody anything. */
export async function tryGit(call: ToolboxCall, args: readonly string[], options: GitOptions = {}): Promise<Ran> {
  const { path, username, password, config = [] } = options
  const hasCredentials = username !== undefined && password !== undefined
  const settings = hasCredentials ? ['credential.helper=', `credential.helper=${helper}`, ...config] : config
  try {
    return await run(call, {
      argv: ['git', ...settings.flatMap((setting) => ['-c', setting]), ...args],
      ...(path === undefined ? {} : { cwd: path }),
      env: {
        GIT_TERMINAL_PROMPT: '0',
        LC_ALL: 'C.UTF-8',
        ...(hasCredentials ? { DAYTONA_GIT_USERNAME: username, DAYTONA_GIT_PASSWORD: password } : {}),
      },
      timeoutMs: transferMs,
    })
  } catch (error) {
    if (!isSandboxError(error) || error.code !== 'path-not-found') throw error
    throw new DaytonaError(404, `${path ?? 'git'} not found`, { code: 'GIT_REPO_NOT_FOUND', cause: error })
  }
}

/** As `tryGit`; what git says when it refuses goes to the caller. */
export async function git(call: ToolboxCall, args: readonly string[], options: GitOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await tryGit(call, args, options)
  if (exitCode === 0) return stdout
  if (options.path !== undefined) await assertRepository(call, options.path)
  throw new DaytonaError(400, stderr.trim().slice(0, 2000) || `git ended with ${exitCode}`)
}

export async function assertRepository(call: ToolboxCall, path: string): Promise<void> {
  const { exitCode } = await tryGit(call, ['rev-parse', '--git-dir'], { path })
  if (exitCode !== 0) throw new DaytonaError(404, `${path} is not a git repository`, { code: 'GIT_REPO_NOT_FOUND' })
}

export async function hasBranch(call: ToolboxCall, path: string, name: string): Promise<boolean> {
  const { exitCode } = await tryGit(call, ['show-ref', '--verify', '--quiet', `refs/heads/${name}`], { path })
  return exitCode === 0
}
