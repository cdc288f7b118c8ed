import type {
  GitCheckoutRequest,
  GitBranchRequest,
  GitDeleteBranchRequest,
  ListBranchResponse,
} from '@daytona/toolbox-api-client'
import { DaytonaError } from '../../daytona-error.ts'
import { bodyOf, parse } from '../../http/body.ts'
import { ok } from '../../http/call.ts'
import type { ToolboxHandle } from '../call.ts'
import { pathOf } from '../files/manage.ts'
import { assertRepository, git, hasBranch, tryGit } from './git.ts'
import { pathSchema, plain } from './schemas.ts'

export const listBranches: ToolboxHandle<ListBranchResponse> = async (call) => {
  const path = pathOf(call)
  const listed = await git(call, ['for-each-ref', '--format=%(refname:short)', 'refs/heads'], { path })
  const current = (await tryGit(call, ['symbolic-ref', '--short', '--quiet', 'HEAD'], { path })).stdout.trim()
  return ok({
    branches: listed.split('\n').filter((branch) => branch !== ''),
    ...(current === '' ? {} : { current }),
  })
}

const branchBody = bodyOf<GitBranchRequest>()({ path: pathSchema, name: plain })
const deleteBody = bodyOf<GitDeleteBranchRequest>()({ path: pathSchema, name: plain })
const checkoutBody = bodyOf<GitCheckoutRequest>()({ path: pathSchema, branch: plain })

/** As Daytona's: the new branch is checked out only when it is asked for. */
export const createBranch: ToolboxHandle<never> = async (call) => {
  const { path, name } = parse(branchBody, await call.json())
  await assertRepository(call, path)
  if (await hasBranch(call, path, name))
    throw new DaytonaError(409, `a branch named ${name} exists`, { code: 'GIT_BRANCH_EXISTS' })
  await git(call, ['branch', name], { path })
  return { status: 201 }
}

export const deleteBranch: ToolboxHandle<never> = async (call) => {
  const { path, name } = parse(deleteBody, await call.json())
  await assertRepository(call, path)
  if (!(await hasBranch(call, path, name)))
    throw new DaytonaError(404, `there is no branch ${name}`, { code: 'GIT_BRANCH_NOT_FOUND' })
  await git(call, ['branch', '-D', name], { path })
  return { status: 204 }
}

export const checkout: ToolboxHandle<never> = async (call) => {
  const { path, branch } = parse(checkoutBody, await call.json())
  const { exitCode, stderr } = await tryGit(call, ['checkout', branch, '--'], { path })
  if (exitCode === 0) return { status: 200 }
  await assertRepository(call, path)
  const message = stderr.trim().slice(0, 2000)
  const isThere = (await tryGit(call, ['rev-parse', '--verify', '--quiet', branch], { path })).exitCode === 0
  if (isThere) throw new DaytonaError(409, message, { code: 'GIT_DIRTY_WORKTREE' })
  throw new DaytonaError(404, message, { code: 'GIT_BRANCH_NOT_FOUND' })
}
