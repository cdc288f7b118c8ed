import { type Group, read } from '../cgroup/group.ts'

/** What programs in a gVisor sandbox hold in memory. For the host that is shared memory, while what gVisor itself takes is not. */
export async function heldBytes(group: Group): Promise<number> {
  const pattern = group.hierarchy.version === 2 ? /^shmem (\d+)$/m : /^total_shmem (\d+)$/m
  return Number(pattern.exec(await read(group, 'memory', 'memory.stat'))?.[1] ?? 0)
}
