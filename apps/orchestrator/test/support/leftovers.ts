import { readdir, readFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** What of a directory's is still at work on this machine: processes, mounts, loop devices and control groups that name it or its sandboxes. */
export async function leftoversOf(directory: string, sandboxes: readonly string[]): Promise<readonly string[]> {
  const names = [directory, ...sandboxes]
  const concerns = (text: string) => names.some((name) => text.includes(name))
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (concerns(words)) found.push(`process ${pid}: ${words.replaceAll('\0', ' ')}`)
  }
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  found.push(
    ...mounts
      .split('\n')
      .filter(concerns)
      .map((line) => `mount ${line}`),
  )
  const loops = await promisify(execFile)('losetup', ['-a']).catch(() => ({ stdout: '' }))
  found.push(
    ...loops.stdout
      .split('\n')
      .filter(concerns)
      .map((line) => `loop device ${line}`),
  )
  const groups = await promisify(execFile)('find', ['/sys/fs/cgroup', '-type', 'd']).catch(() => ({ stdout: '' }))
  found.push(
    ...groups.stdout
      .split('\n')
      .filter(concerns)
      .map((line) => `control group ${line}`),
  )
  return found
}
