import { readFileSync } from 'node:fs'
import { ConnectError } from '@caisson/wire-e2b'
import { isOther } from './as-user.ts'
import type { User } from './user.ts'

const ownUid = process.getuid?.() ?? 0

/**
 * The user of that name: from the configuration, else from the sandbox's own `/etc/passwd`. The latter is written by whoever made the
 * image, so it can never name the daemon's own uid, which could stop and read the daemon.
 */
export function findUser(configured: readonly User[], name: string): User {
  const user =
    configured.find((candidate) => candidate.name === name) ??
    readAccounts('/etc/passwd')
      .map(([account = '', , uid, gid, , home]) => ({
        name: account,
        uid: Number(uid),
        gid: Number(gid),
        home: home ?? '/',
      }))
      .find((candidate) => candidate.name === name && candidate.uid !== ownUid)
  if (user === undefined || !Number.isInteger(user.uid) || !Number.isInteger(user.gid))
    throw new ConnectError('unauthenticated', `there is no user '${name}'`, 'EUSERS')
  if (isOther(user) && ownUid !== 0)
    throw new ConnectError('permission_denied', `this sandbox cannot act as user '${name}'`)
  return user
}

/** Names of owners and groups, for showing. Read anew for every request: programs may add users. */
export interface AccountNames {
  readonly user: (uid: number) => string
  readonly group: (gid: number) => string
}

export function readAccountNames(configured: readonly User[]): AccountNames {
  const users = new Map([
    ...readAccounts('/etc/passwd').map(([name, , uid]) => [Number(uid), name ?? ''] as const),
    ...configured.map((user) => [user.uid, user.name] as const),
  ])
  const groups = new Map([
    ...configured.map((user) => [user.gid, user.name] as const),
    ...readAccounts('/etc/group').map(([name, , gid]) => [Number(gid), name ?? ''] as const),
  ])
  return {
    user: (uid) => users.get(uid) ?? String(uid),
    group: (gid) => groups.get(gid) ?? String(gid),
  }
}

function readAccounts(path: string): string[][] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => line.split(':'))
  } catch {
    // An image without accounts is fine.
    return []
  }
}
