import { closeSync, statSync } from 'node:fs'
import { ConnectError } from '@caisson/wire-e2b'
import { asUser, isOther } from '../as-user.ts'
import { errnoOf, toConnectError } from '../errno.ts'
import { resolvePath } from '../files/paths.ts'
import { openPipe, type Pipe } from '../libc.ts'
import type { User } from '../user.ts'
import { findProgram } from './program.ts'
import { sacrifice } from './sacrifice.ts'

/** Where programs are looked for unless the environment says. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/caisson/bin'

/** What to start. */
export interface Launch {
  readonly argv: readonly [string, ...string[]]
  readonly user: User
  readonly cwd: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly size: { readonly cols: number; readonly rows: number } | undefined
  readonly stdin: boolean
  readonly onTerminalOutput: (bytes: Uint8Array) => void
  readonly onTerminalClose: () => void
}

/** A running child. The descriptors belong to the caller, who closes them. */
export interface Launched {
  readonly child: Bun.Subprocess
  readonly cwd: string
  readonly stdin: number | undefined
  readonly stdout: number | undefined
  readonly stderr: number | undefined
}

/** The user's rights count for all of it: for entering the directory and for reading the program, too. */
export function launch(request: Launch): Launched {
  return asUser(request.user, () => launchAsUser(request))
}

function launchAsUser(request: Launch): Launched {
  const { user } = request
  const env = { PATH: defaultPath, HOME: user.home, USER: user.name, LOGNAME: user.name, ...request.env }
  const cwd = findDirectory(request.cwd, user)
  const program = findProgram(request.argv[0], env['PATH'], cwd, user)
  const common = {
    cmd: [program, ...request.argv.slice(1)],
    argv0: request.argv[0],
    cwd,
    env,
    detached: true,
    ...(isOther(user) ? { uid: user.uid, gid: user.gid } : {}),
  }
  if (request.size !== undefined) {
    const terminal = {
      ...request.size,
      data: (_: unknown, bytes: Uint8Array) => request.onTerminalOutput(bytes),
      exit: request.onTerminalClose,
    }
    const child = start(request, () => Bun.spawn({ ...common, terminal }))
    return { child, cwd, stdin: undefined, stdout: undefined, stderr: undefined }
  }
  const pipes: Pipe[] = []
  // A pipe belongs to the user, who can then open it again as /dev/stdout; Bun's own are sockets, which nobody can.
  const pipe = (ours: keyof Pipe): Pipe => {
    const opened = openPipe(ours)
    if (opened === undefined) throw new ConnectError('resource_exhausted', 'no file descriptors are left', 'EMFILE')
    pipes.push(opened)
    return opened
  }
  try {
    const stdout = pipe('read')
    const stderr = pipe('read')
    const stdin = request.stdin ? pipe('write') : undefined
    const child = start(request, () =>
      Bun.spawn({ ...common, stdin: stdin?.read ?? 'ignore', stdout: stdout.write, stderr: stderr.write }),
    )
    for (const end of [stdout.write, stderr.write, stdin?.read]) if (end !== undefined) closeSync(end)
    return { child, cwd, stdin: stdin?.write, stdout: stdout.read, stderr: stderr.read }
  } catch (error) {
    for (const { read, write } of pipes) {
      closeSync(read)
      closeSync(write)
    }
    throw error
  }
}

function start({ argv }: Launch, spawn: () => Bun.Subprocess): Bun.Subprocess {
  try {
    return sacrifice(spawn)
  } catch (error) {
    throw toConnectError(error, `cannot start '${argv[0]}'`)
  }
}

/** The directory in which to start. Without a path the user's home, or the root where there is none. */
export function findDirectory(path: string | undefined, user: User): string {
  const cwd = path === undefined ? user.home : resolvePath(path, user)
  try {
    if (asUser(user, () => statSync(cwd)).isDirectory()) return cwd
  } catch (error) {
    if (path === undefined) return '/'
    if (errnoOf(error) !== 'ENOENT') throw toConnectError(error, `cwd '${path}'`)
    throw new ConnectError('invalid_argument', `cwd '${path}' does not exist`, 'ENOENT')
  }
  throw new ConnectError('invalid_argument', `cwd '${cwd}' is not a directory`, 'ENOTDIR')
}
