import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A user of this machine who is there for one test. */
export interface OrdinaryUser extends AsyncDisposable {
  readonly home: string
  /** Only the user may enter it. */
  readonly run: string
  /** Writes a file below the home. Returns its path. */
  readonly write: (name: string, text: string) => string
  /** Starts a program of the user's. Returns what says why it ended, while it has not: nothing. */
  readonly start: (command: readonly string[]) => () => string | undefined
}

/** The first of these programs that is not there, with how to get it. */
export function missingProgram(programs: Readonly<Record<string, string>>): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, to make an ordinary user'
  const missing = Object.entries(programs).find(([program]) => spawnSync('which', [program]).status !== 0)
  return missing === undefined ? undefined : `needs ${missing[0]}: sh infra/provision/${missing[1]}.sh install`
}

export function makeOrdinaryUser(purpose: string): OrdinaryUser {
  const user = `caisson-${purpose}-${process.pid}`
  const run = `/run/${user}`
  const home = `/home/${user}`
  must('useradd', '--create-home', user)
  mkdirSync(run, { mode: 0o700 })
  chownSync(run, Number(must('id', '-u', user)), Number(must('id', '-g', user)))
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', HOME: home, XDG_RUNTIME_DIR: run }
  return {
    home,
    run,
    write: (name, text) => {
      const path = join(home, name)
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
      writeFileSync(path, text)
      must('chown', '--recursive', `${user}:`, home)
      return path
    },
    start: (command) => {
      const child = spawn('runuser', ['-u', user, '--', ...command], {
        cwd: home,
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-500)))
      return () => (child.exitCode === null ? undefined : said)
    },
    [Symbol.asyncDispose]: async () => {
      // The user is ours, and so is all that runs as the user: services, and what watches containers and their programs for minutes after their end.
      for (let tries = 0; tries < 100; tries += 1) {
        const pids = processesOf(user)
        if (pids.length === 0) break
        for (const pid of pids) killIfThere(pid)
        await sleep(50)
      }
      for (const mount of mountsBelow([run, home])) spawnSync('umount', ['-l', mount])
      must('userdel', '--remove', user)
      rmSync(run, { recursive: true, force: true })
    },
  }
}

/** Resolves when an engine answers on that socket; throws what its program said when that ends. */
export async function untilEngineAnswers(ping: () => Promise<unknown>, ended: () => string | undefined): Promise<void> {
  for (let tries = 0; (await ping().catch(() => undefined)) === undefined; tries += 1) {
    const complaint = ended()
    if (tries > 300 || complaint !== undefined) throw new Error(`the engine does not answer: ${complaint ?? ''}`)
    await sleep(100)
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
  return points
    .filter((point) => directories.some((directory) => `${point}/`.startsWith(join(directory, '/'))))
    .toReversed()
}
