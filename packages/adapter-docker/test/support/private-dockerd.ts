import Docker from 'dockerode'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { baseImage, importImage } from './engines.ts'

/** A Docker engine that belongs to one test. */
export interface PrivateDockerd {
  readonly socketPath: string
  readonly image: string
  readonly docker: Docker
  /** Ends it from one moment to the next. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  /** Ends it with all that it has started and kept. */
  readonly remove: () => Promise<void>
}

/** Starts an engine with flags of its own. Its data lie in `data`, by default in a directory for temporary files. */
export async function startPrivateDockerd(flags: readonly string[] = [], data?: string): Promise<PrivateDockerd> {
  mkdirSync('/run/caisson-test', { recursive: true })
  const run = mkdtempSync('/run/caisson-test/d')
  const dataRoot = data ?? mkdtempSync(join(tmpdir(), 'caisson-dockerd-'))
  const socketPath = join(run, 'docker.sock')
  const containerdPath = join(run, 'containerd.sock')
  const docker = new Docker({ socketPath })
  writeFileSync(join(run, 'containerd.toml'), `root = "${dataRoot}-containerd"\nstate = "${run}/containerd"\n`)
  const containerd = launch(run, 'containerd', ['--config', join(run, 'containerd.toml'), '--address', containerdPath])
  let dockerd: ChildProcess | undefined

  const start = async (): Promise<void> => {
    const places = ['--host', `unix://${socketPath}`, '--data-root', dataRoot, '--exec-root', join(run, 'exec')]
    const others = ['--containerd', containerdPath, '--group', 'root', '--pidfile', join(run, 'pid')]
    const network = ['--bridge=none', '--iptables=false', '--ip6tables=false']
    rmSync(join(run, 'pid'), { force: true })
    dockerd = launch(run, 'dockerd', [...places, ...others, ...network, ...flags])
    for (let tries = 0; tries < 300 && dockerd.exitCode === null; tries += 1) {
      if (await answers(docker)) return
      await sleep(100)
    }
    throw new Error(`dockerd does not answer: ${lastLines(run)}`)
  }
  const remove = async (): Promise<void> => {
    if (dockerd !== undefined) await end(dockerd, 'SIGTERM')
    await end(containerd, 'SIGTERM')
    for (const mount of mountsBelow([run, dataRoot])) spawnSync('umount', ['-l', mount])
    for (const directory of [run, dataRoot, `${dataRoot}-containerd`])
      rmSync(directory, { recursive: true, force: true })
  }
  const kill = async (): Promise<void> => {
    if (dockerd !== undefined) await end(dockerd, 'SIGKILL')
  }
  try {
    await start()
    const image = await importImage('docker', docker, await baseImage())
    return { socketPath, image, docker, kill, start, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

function launch(run: string, program: string, flags: readonly string[]): ChildProcess {
  const log = openSync(join(run, 'log'), 'a')
  const child = spawn(program, flags, { stdio: ['ignore', log, log], detached: true })
  closeSync(log)
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

async function answers(docker: Docker): Promise<boolean> {
  return await docker.ping().then(
    () => true,
    () => false,
  )
}

function lastLines(run: string): string {
  return readFileSync(join(run, 'log'), 'utf8').trimEnd().split('\n').slice(-5).join('\n')
}

function mountsBelow(directories: readonly string[]): readonly string[] {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  return points.filter((point) => directories.some((directory) => `${point}/`.startsWith(`${directory}/`))).toReversed()
}
