import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { OperationError } from '@caisson/core'

const run = promisify(execFile)

/** As whom Postgres runs. */
export interface SystemUser {
  readonly uid: number
  readonly gid: number
}

/** Postgres refuses to run as root: then it runs as user postgres, who is made if there is none. */
export async function postgresUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  return (await lookUp()) ?? (await make())
}

async function lookUp(): Promise<SystemUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return undefined
  }
}

async function make(): Promise<SystemUser> {
  await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'])
  const made = await lookUp()
  if (made === undefined) throw new OperationError('internal', 'the user postgres could not be made')
  return made
}

/** Whether the user can get to a directory, or to where it will be. */
export async function mayReach(directory: string, user: SystemUser): Promise<boolean> {
  for (let path = directory; path !== dirname(path); path = dirname(path)) {
    const { mode, uid, gid } = await stat(path)
    const needed = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & needed) === 0) return false
  }
  return true
}
