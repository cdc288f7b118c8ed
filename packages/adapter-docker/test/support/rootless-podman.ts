import Docker from 'dockerode'
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { baseImage, importImage } from './engines.ts'

/** Podman's service as an ordinary user, who goes with it. */
export interface RootlessPodman extends AsyncDisposable {
  readonly socketPath: string
  readonly image: string
}

/** Why there is none here. */
export function rootlessMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, to make an ordinary user'
  for (const [program, component] of [
    ['useradd', 'podman'],
    ['newuidmap', 'podman'],
    ['podman', 'podman'],
  ]) {
    if (spawnSync('which', [program ?? '']).status !== 0)
      return `needs ${program}: sh infra/provision/${component}.sh install`
  }
  return undefined
}

export async function startRootlessPodman(): Promise<RootlessPodman> {
  const user = `caisson-test-${process.pid}`
  const run = `/run/${user}`
  const home = `/home/${user}`
  must('useradd', '--create-home', user)
  const uid = Number(must('id', '-u', user))
  mkdirSync(run, { mode: 0o700 })
  chownSync(run, uid, Number(must('id', '-g', user)))
  const socketPath = join(run, 'podman.sock')
  const places = ['--root', join(home, 'storage'), '--runroot', join(run, 'storage'), '--tmpdir', join(run, 'tmp')]
  const ways = ['--cgroup-manager', 'cgroupfs', '--events-backend', 'file', '--runtime', '/usr/sbin/runc']
  const podman = ['podman', ...ways, '--storage-driver', 'overlay', ...places]
  const serve = ['system', 'service', '--time', '0', `unix://${socketPath}`]
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', HOME: home, XDG_RUNTIME_DIR: run }
  const service = spawn('runuser', ['-u', user, '--', ...podman, ...serve], {
    cwd: home,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  service.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const end = async (): Promise<void> => {
    // The user is ours, and so is all that runs as the user: the service, and what watches containers and their programs for minutes after their end.
    for (let tries = 0; tries < 100; tries += 1) {
      const pids = processesOf(user)
      if (pids.length === 0) break
      for (const pid of pids) killIfThere(pid)
      await sleep(50)
    }
    for (const mount of mountsBelow([run, home])) spawnSync('umount', ['-l', mount])
    must('userdel', '--remove', user)
    rmSync(run, { recursive: true, force: true })
  }
  try {
    const docker = new Docker({ socketPath })
    for (let tries = 0; (await docker.ping().catch(() => undefined)) === undefined; tries += 1) {
      if (tries > 300 || service.exitCode !== null)
        throw new Error(`rootless Podman does not answer: ${said.slice(-500)}`)
      await sleep(100)
    }
    return { socketPath, image: await importImage('podman', docker, await baseImage()), [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

function must(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
  return stdout.trim()
}

function processesOf(user: string): readonly number[] {
  return spawnSync('pgrep', ['-u', user], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean).map(Number)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

function mountsBelow(directories: readonly string[]): readonly string[] {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  return points.filter((point) => directories.some((directory) => point.startsWith(`${directory}/`))).toReversed()
}
