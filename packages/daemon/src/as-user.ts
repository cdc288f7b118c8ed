import { setFileIds } from './thread-ids.ts'
import type { User } from './user.ts'

const ownUid = process.getuid?.() ?? 0
const ownGid = process.getgid?.() ?? 0

/** Whether the daemon has to become somebody else to act for this user. */
export function isOther(user: User): boolean {
  return user.uid !== ownUid || user.gid !== ownGid
}

/**
 * Does file operations with a user's rights, and with no more: what it creates belongs to the user, what the user may not open fails.
 * Only synchronous work counts, because the ids belong to this one thread; a descriptor opened inside may be used after.
 */
export function asUser<Result>(user: User, work: () => Result): Result {
  if (!isOther(user)) return work()
  try {
    if (!setFileIds(user.uid, user.gid)) throw new Error(`cannot act as user ${user.name}`)
    return work()
  } finally {
    // A daemon that kept a user's rights would serve the next user with them.
    if (!setFileIds(ownUid, ownGid)) process.exit(70)
  }
}
