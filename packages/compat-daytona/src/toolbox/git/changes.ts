import type {
  GitAddRequest,
  GitCommitInfo,
  GitCommitRequest,
  GitCommitResponse,
  GitInitRequest,
  GitResetRequest,
  GitRestoreRequest,
} from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { bodyOf, parse } from '../../http/body.ts'
import { ok } from '../../http/call.ts'
import type { ToolboxHandle } from '../call.ts'
import { pathOf } from '../files/manage.ts'
import { git } from './git.ts'
import { filesSchema, pathSchema, plain } from './schemas.ts'

const initBody = bodyOf<GitInitRequest>()({
  path: pathSchema,
  bare: z.boolean().optional(),
  initial_branch: plain.optional(),
})

export const init: ToolboxHandle<never> = async (call) => {
  const { path, bare, initial_branch } = parse(initBody, await call.json())
  await git(call, [
    'init',
    ...(bare === true ? ['--bare'] : []),
    ...(initial_branch === undefined ? [] : [`--initial-branch=${initial_branch}`]),
    '--',
    path,
  ])
  return { status: 201 }
}

const addBody = bodyOf<GitAddRequest>()({ path: pathSchema, files: filesSchema.min(1) })

export const add: ToolboxHandle<never> = async (call) => {
  const { path, files } = parse(addBody, await call.json())
  await git(call, ['add', '--', ...files], { path })
  return { status: 200 }
}

const commitBody = bodyOf<GitCommitRequest>()({
  path: pathSchema,
  message: z.string().min(1),
  author: z.string().min(1),
  email: z.string().min(1),
  allow_empty: z.boolean().optional(),
})

export const commit: ToolboxHandle<GitCommitResponse> = async (call) => {
  const { path, message, author, email, allow_empty } = parse(commitBody, await call.json())
  const args = ['commit', '--quiet', `--message=${message}`, ...(allow_empty === true ? ['--allow-empty'] : [])]
  await git(call, args, { path, config: [`user.name=${author}`, `user.email=${email}`, 'commit.gpgSign=false'] })
  return ok({ hash: (await git(call, ['rev-parse', 'HEAD'], { path })).trim() })
}

const resetBody = bodyOf<GitResetRequest>()({
  path: pathSchema,
  mode: z.enum(['soft', 'mixed', 'hard', 'merge', 'keep']).or(z.string().max(0)).optional(),
  target: plain.optional(),
  files: filesSchema.optional(),
})

export const reset: ToolboxHandle<never> = async (call) => {
  const { path, mode, target = 'HEAD', files = [] } = parse(resetBody, await call.json())
  const modes = mode === undefined || mode === '' || files.length > 0 ? [] : [`--${mode}`]
  await git(call, ['reset', '--quiet', ...modes, target, ...(files.length > 0 ? ['--', ...files] : [])], { path })
  return { status: 200 }
}

const restoreBody = bodyOf<GitRestoreRequest>()({
  path: pathSchema,
  files: filesSchema.min(1),
  staged: z.boolean().optional(),
  worktree: z.boolean().optional(),
  source: plain.optional(),
})

export const restore: ToolboxHandle<never> = async (call) => {
  const { path, files, staged, worktree, source } = parse(restoreBody, await call.json())
  await git(
    call,
    [
      'restore',
      ...(staged === true ? ['--staged'] : []),
      ...(worktree === true ? ['--worktree'] : []),
      ...(source === undefined ? [] : [`--source=${source}`]),
      '--',
      ...files,
    ],
    { path },
  )
  return { status: 200 }
}

const fieldSeparator = '\u001F'
const mostCommits = 1000

export const history: ToolboxHandle<GitCommitInfo[]> = async (call) => {
  const fields = ['%H', '%an', '%ae', '%aI', '%B'].join('%x1f')
  const log = await git(call, ['log', '-z', `--max-count=${mostCommits}`, `--format=${fields}`], { path: pathOf(call) })
  return ok(
    log
      .split('\0')
      .filter((entry) => entry !== '')
      .map((entry) => {
        const [hash = '', author = '', email = '', timestamp = '', message = ''] = entry.split(fieldSeparator)
        return { hash, author, email, timestamp, message: message.trimEnd() }
      }),
  )
}
