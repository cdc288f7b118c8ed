import { constants } from 'node:os'
import { asUser, isOther } from '../as-user.ts'
import { toConnectError } from '../errno.ts'
import type { User } from '../user.ts'
import { issueMarker, markerVariable, type Root } from '../process/kill-tree.ts'
import { defaultPath } from '../process/launch.ts'
import { readProcEntry } from '../process/proc-table.ts'
import { findProgram } from '../process/program.ts'
import { sacrifice } from '../process/sacrifice.ts'

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

export type Stdio = number | 'ignore'

/** The file of a program. Throws as `findProgram` does. */
export function findProgramAt(program: string, { user, cwd, env }: KernelPlace): string {
  return asUser(user, () => findProgram(program, env['PATH'] ?? defaultPath, cwd, user))
}

/** Starts a program with these descriptors from 0 on. It leads a session of its own. */
export function spawnKernel(
  argv: readonly [string, ...string[]],
  stdio: readonly Stdio[],
  place: KernelPlace,
): SpawnedKernel {
  const { user, cwd, env } = place
  const marker = issueMarker()
  try {
    const program = findProgramAt(argv[0], place)
    const spawn = () =>
      Bun.spawn({
        cmd: [program, ...argv.slice(1)],
        argv0: argv[0],
        cwd,
        env: { ...env, [markerVariable]: marker },
        detached: true,
        // The types know no more than three.
        stdio: [...stdio] as [Stdio, Stdio, Stdio],
        ...(isOther(user) ? { uid: user.uid, gid: user.gid } : {}),
      })
    const child = asUser(user, () => sacrifice(spawn))
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
