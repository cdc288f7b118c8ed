import { defaultResources, mib } from '@caisson/core'
import { describe, expect, it } from 'vitest'
import { limitFiles } from '../src/cgroup/limits.ts'
import { parseMounts } from '../src/cgroup/parse-mounts.ts'

const hybrid = `
31 24 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
32 31 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
33 31 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
34 31 0:29 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
35 31 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
36 24 0:31 / /home rw,relatime - ext4 /dev/vda1 rw
`

describe('control groups', () => {
  it('are found in the mount table, joined controllers and hybrids included', () => {
    expect(parseMounts(hybrid).map(({ path, type, options }) => [path, type, options])).toEqual([
      ['/sys/fs/cgroup/cpu,cpuacct', 'cgroup', ['cpu', 'cpuacct']],
      ['/sys/fs/cgroup/memory', 'cgroup', ['memory']],
      ['/sys/fs/cgroup/systemd', 'cgroup', ['name=systemd']],
      ['/sys/fs/cgroup/unified', 'cgroup2', ['nsdelegate']],
    ])
  })

  it('hold memory with its swap, processes and processor time on version 1', () => {
    const files = limitFiles(1, { ...defaultResources, cpus: 0.5, memoryBytes: 64 * mib, pids: 20 })
    expect(files.map(({ file, value }) => `${file}=${value}`)).toEqual([
      'memory.limit_in_bytes=67108864',
      'memory.memsw.limit_in_bytes=67108864',
      'pids.max=52',
      'cpu.cfs_period_us=100000',
      'cpu.cfs_quota_us=50000',
    ])
  })

  it('hold the same on version 2, without any swap', () => {
    const files = limitFiles(2, { ...defaultResources, cpus: 2, memoryBytes: 64 * mib, pids: 20 })
    expect(files.map(({ file, value }) => `${file}=${value}`)).toEqual([
      'memory.max=67108864',
      'memory.swap.max=0',
      'pids.max=52',
      'cpu.max=200000 100000',
    ])
  })

  it('never get less processor time than the kernel accepts', () => {
    const quota = limitFiles(1, { ...defaultResources, cpus: 0.001 }).find(({ file }) => file === 'cpu.cfs_quota_us')
    expect(quota?.value).toBe('1000')
  })
})
