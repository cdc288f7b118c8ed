import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface TestDaemon {
  readonly accessToken: string
  /** Holds `daemon.sock`. */
  readonly directory: string
  readonly socketPath: string
  readonly home: string
  readonly process: ChildProcess
  readonly stop: () => Promise<void>
}

export interface TestDaemonOptions {
  /** As whom code runs. Default: whoever runs the tests. */
  readonly user?: { readonly uid: number; readonly gid: number }
  readonly env?: Readonly<Record<string, string>>
  /** A command that runs the daemon, as `/usr/bin/setpriv` does. */
  readonly through?: readonly string[]
}

/** Runs the daemon from source, as whoever runs the tests. */
export async function startDaemon(options: TestDaemonOptions = {}): Promise<TestDaemon> {
  const directory = mkdtempSync(join(tmpdir(), 'caisson-daemon-'))
  const home = join(directory, 'home')
  const { uid, gid } = options.user ?? userInfo()
  mkdirSync(home, { mode: 0o700 })
  chownSync(home, uid, gid)
  chmodSync(directory, 0o711)
  const accessToken = randomBytes(24).toString('hex')
  const config = { accessToken, defaultUser: 'user', users: [{ name: 'user', uid, gid, home }], env: options.env ?? {} }
  writeFileSync(join(directory, 'config.json'), JSON.stringify(config), { mode: 0o600 })
  const bun = createRequire(import.meta.url).resolve('@oven/bun-linux-x64/bin/bun')
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const command = [...(options.through ?? []), bun, '--conditions=@caisson/source', main, 'serve', directory]
  const child = spawn(command[0] ?? bun, command.slice(1), {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {},
  })
  const socketPath = join(directory, 'daemon.sock')
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    }
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await until(async () => await isListening(socketPath), 'the daemon listens', 20_000)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    accessToken,
    directory,
    socketPath,
    home,
    process: child,
    stop,
  }
}

export async function isListening(socketPath: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Polls until something holds; says what it waited for when it never does. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 5000): Promise<void> {
  const endMs = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`waited ${withinMs} ms in vain: ${what}`)
    await delay(5)
  }
}
