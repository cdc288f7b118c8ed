import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

const program = '/usr/sbin/sshd'

export const sshdMissing = existsSync(program) ? undefined : 'needs sshd: sh infra/provision/sshd.sh install'

/** An SSH server of this machine for one test, which lets in one key, as the user who runs the test. */
export interface TestSshd extends AsyncDisposable {
  readonly port: number
  readonly privateKey: string
  /** A key that it does not let in. */
  readonly strangerKey: string
  readonly hostKeySha256: string
  readonly start: () => Promise<void>
  /** Ends it and its connections. */
  readonly kill: () => Promise<void>
}

export async function startSshd(): Promise<TestSshd> {
  const directory = mkdtempSync(join(tmpdir(), 'caisson-sshd-'))
  const path = (name: string): string => join(directory, name)
  for (const name of ['host', 'client', 'stranger'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path(name)])
  const port = await freePort()
  // Where it goes when it has let nobody in yet.
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  writeFileSync(
    path('config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${path('host')}`,
      `AuthorizedKeysFile ${path('client.pub')}`,
      `PidFile ${path('pid')}`,
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'UsePAM no',
      'StrictModes no',
      'AllowStreamLocalForwarding yes',
    ].join('\n'),
  )
  const fingerprint = execFileSync('ssh-keygen', ['-l', '-f', path('host.pub')], { encoding: 'utf8' }).split(' ')[1]
  const start = (): ReturnType<typeof spawn> =>
    spawn(program, ['-D', '-f', path('config'), '-E', path('log')], { stdio: 'ignore', detached: true })
  let server = start()
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    const connections = descendants(server.pid ?? 0)
    server.kill('SIGKILL')
    await ended
    for (const pid of connections) process.kill(pid, 'SIGKILL')
  }
  await untilListening(port)
  return {
    port,
    privateKey: readFileSync(path('client'), 'utf8'),
    strangerKey: readFileSync(path('stranger'), 'utf8'),
    hostKeySha256: fingerprint ?? '',
    start: async () => {
      server = start()
      await untilListening(port)
    },
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill()
      rmSync(directory, { recursive: true })
    },
  }
}

/** Each connection has processes of its own. */
function descendants(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return children.concat(children.flatMap(descendants))
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const socket = connect(port, '127.0.0.1')
    const connected = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (connected) return
    await sleep(50)
  }
  throw new Error('sshd does not listen')
}
