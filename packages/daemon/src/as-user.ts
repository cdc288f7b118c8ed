import { setFileIds } from './thread-ids.ts'
import type { User } from './user.ts'

type Ids = Pick<User, 'uid' | 'gid'>

const own: Ids = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
/** As whom this thread acts now. */
let acting = own

/** Whether the daemon has to become somebody else to act for this user. */
export function isOther(user: Ids): boolean {
  return differ(user, own)
}

/**
 * Does file operations with a user's rights, and with no more: what it creates belongs to the user, what the user may not open fails.
 * Only synchronous work counts, because the ids belong to this one thread; a descriptor opened inside may be used after.
 */
export function asUser<Result>(user: User, work: () => Result): Result {
  const before = acting
  if (!differ(user, before)) return work()
  try {
    if (!become(user)) throw new Error(`cannot act as user ${user.name}`)
    return work()
  } finally {
    // A daemon that kept a user's rights would serve the next user with them.
    if (!become(before)) process.exit(70)
  }
}

function become(ids: Ids): boolean {
  acting = ids
  return setFileIds(ids.uid, ids.gid)
}

function differ(one: Ids, other: Ids): boolean {
  return one.uid !== other.uid || one.gid !== other.gid
}
