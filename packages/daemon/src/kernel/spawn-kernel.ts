import { constants } from 'node:os'
import { asUser, isOther } from '../as-user.ts'
import { toConnectError } from '../errno.ts'
import type { User } from '../user.ts'
import { issueMarker, markerVariable, type Root } from '../process/kill-tree.ts'
import { defaultPath, sacrifice } from '../process/launch.ts'
import { readProcEntry } from '../process/proc-table.ts'
import { findProgram } from '../process/program.ts'

/** As whom, where and with what a kernel runs. */
export interface KernelPlace {
  readonly user: User
  readonly cwd: string
  /** All variables, the user's own included. */
  readonly env: Readonly<Record<string, string>>
}

export function kernelPlace(user: User, cwd: string, env: Readonly<Record<string, string>>): KernelPlace {
  return { user, cwd, env: { PATH: defaultPath, HOME: user.home, USER: user.name, LOGNAME: user.name, ...env } }
}

export interface SpawnedKernel {
  readonly root: Root
  readonly exited: Promise<number | undefined>
}

/** Starts a program with these descriptors from 1 on; its standard input is empty. It leads a session of its own. */
export function spawnKernel(
  argv: readonly [string, ...string[]],
  descriptors: readonly number[],
  { user, cwd, env }: KernelPlace,
): SpawnedKernel {
  const marker = issueMarker()
  try {
    const program = asUser(user, () => findProgram(argv[0], env['PATH'] ?? defaultPath, cwd, user))
    const child = asUser(user, () =>
      Bun.spawn({
        cmd: [program, ...argv.slice(1)],
        argv0: argv[0],
        cwd,
        env: { ...env, [markerVariable]: marker },
        detached: true,
        stdio: ['ignore', ...descriptors] as never,
        ...(isOther(user) ? { uid: user.uid, gid: user.gid } : {}),
      }),
    )
    sacrifice(child.pid, user)
    return { root: rootOf(child.pid, marker, user), exited: child.exited.then(() => exitCode(child)) }
  } catch (error) {
    throw toConnectError(error, `cannot start '${argv[0]}'`)
  }
}

export function rootOf(pid: number, marker: string, user: User): Root {
  return { pid, startTicks: readProcEntry(pid)?.startTicks ?? 0, marker, user }
}

function exitCode({ exitCode: code, signalCode }: Bun.Subprocess): number | undefined {
  if (signalCode === null) return code ?? undefined
  return typeof signalCode === 'number' ? -signalCode : -constants.signals[signalCode]
}
