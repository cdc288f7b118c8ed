import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleDirectory } from '@caisson/daemon/bundle'
import { isListening, until } from '@caisson/daemon/testing'
import { procedures, processEventSchema } from '@caisson/wire-e2b'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Reachable, stream } from './support/wire-client.ts'

const busybox = '/bin/busybox'
const muslLoader = '/lib/ld-musl-x86_64.so.1'
const tini = '/usr/bin/tini-static'
const accessToken = 'a-token-of-enough-length'
const uid = 1000

function isStatic(program: string): boolean {
  return existsSync(program) && readFileSync(program).indexOf('/lib64/ld-linux') === -1
}

const missing = [
  process.getuid?.() === 0 ? [] : ['root'],
  isStatic(busybox) ? [] : ['busybox-static'],
  existsSync(tini) ? [] : ['tini'],
].flat()

interface Image {
  readonly name: string
  readonly needs: readonly string[]
  /** Puts its own content into an empty root. */
  readonly fill: (root: string) => void
  readonly argv: readonly [string, ...string[]]
  readonly says: RegExp
  /** Whether there is a shell, so that the shims can run. */
  readonly shell: boolean
}

function installBusybox(root: string, ...names: readonly string[]): void {
  mkdirSync(join(root, 'bin'), { recursive: true })
  copyFileSync(busybox, join(root, 'bin/busybox'))
  for (const name of names) symlinkSync('busybox', join(root, 'bin', name))
}

const images: readonly Image[] = [
  {
    name: 'the machine itself (glibc)',
    needs: [],
    fill: (root) => {
      for (const name of ['bin', 'lib', 'lib64', 'usr', 'etc']) {
        mkdirSync(join(root, name))
        execFileSync('mount', ['--bind', '-o', 'ro', `/${name}`, join(root, name)])
      }
    },
    argv: ['/usr/bin/ldd', '--version'],
    says: /GLIBC|GNU libc/,
    shell: true,
  },
  {
    name: 'an image with musl',
    needs: [muslLoader],
    fill: (root) => {
      installBusybox(root, 'sh', 'cat', 'id', 'ls')
      mkdirSync(join(root, 'lib'))
      copyFileSync(muslLoader, join(root, muslLoader))
    },
    argv: [muslLoader],
    says: /musl libc/,
    shell: true,
  },
  {
    name: 'an image that holds one static program and nothing else',
    needs: [],
    fill: (root) => copyFileSync(busybox, join(root, 'busybox')),
    argv: ['/busybox', 'echo', 'alone'],
    says: /^alone\n$/,
    shell: false,
  },
]

/** Mounts of its own, process ids of its own, an init, and then the daemon in the image's root with the rights that a sandbox leaves it. */
const enter = [
  'unshare --mount --pid --fork --propagation private',
  'sh -c \'mount --bind "$1" "$0/opt/caisson" && mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" && cd "$0" &&',
  'exec setpriv --bounding-set=-all,+setuid,+setgid,+kill,+sys_chroot --inh-caps=-all --no-new-privs',
  `${tini} -g -- chroot . /opt/caisson/daemon serve' "$0" "$1"`,
].join(' ')

describe.each(images)('in $name', ({ needs, fill, argv, says, shell }) => {
  const lacking = [...missing, ...needs.filter((path) => !existsSync(path))]
  if (lacking.length > 0) {
    it.skip(`needs ${lacking.join(', ')}`, () => undefined)
    return
  }
  let root: string
  let child: ChildProcess
  let daemon: Reachable

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'caisson-image-'))
    chmodSync(root, 0o755)
    for (const name of ['opt/caisson', 'proc', 'dev', 'run/caisson', 'home/user'])
      mkdirSync(join(root, name), { recursive: true })
    fill(root)
    chownSync(join(root, 'home/user'), uid, uid)
    const config = { accessToken, defaultUser: 'user', users: [{ name: 'user', uid, gid: uid, home: '/home/user' }] }
    writeFileSync(join(root, 'run/caisson/config.json'), JSON.stringify(config))
    child = spawn('sh', ['-c', `exec ${enter}`, root, bundleDirectory()], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LD_LIBRARY_PATH: '/opt/caisson/lib' },
    })
    daemon = { accessToken, socketPath: join(root, 'run/caisson/daemon.sock') }
    await until(async () => await isListening(daemon.socketPath), 'the daemon listens', 20_000)
  })

  afterAll(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    // The init's end takes the whole namespace along.
    for (const pid of childrenOf(child.pid ?? 0)) process.kill(pid, 'SIGKILL')
    await ended
    for (const name of readdirSync(root)) {
      if (readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${join(root, name)} `))
        execFileSync('umount', [join(root, name)])
    }
    rmSync(root, { recursive: true })
  })

  async function run(command: readonly string[]): Promise<string> {
    const [cmd, ...args] = command
    const { messages, end } = await stream(daemon, procedures.start, { process: { cmd, args } })
    if (messages.length === 0) throw new Error(JSON.stringify(end))
    const parts = messages.flatMap((message) => {
      const { event } = processEventSchema.parse(message)
      return 'data' in event ? [Buffer.from(event.data.stdout ?? event.data.stderr ?? '', 'base64')] : []
    })
    return Buffer.concat(parts).toString()
  }

  it('it runs what the image holds', async () => {
    expect(await run(argv)).toMatch(says)
  })

  it('it reads and writes files there', async () => {
    const path = '/files?path=deep/file'
    expect((await call(daemon, path, { method: 'POST', body: 'content' })).status).toBe(200)
    expect((await call(daemon, path)).body.toString()).toBe('content')
    expect(readFileSync(join(root, 'home/user/deep/file'), 'utf8')).toBe('content')
  })

  it('its own libraries are not those of the code', async () => {
    if (!shell) return expect(await run(['/busybox', 'env'])).not.toContain('LD_LIBRARY_PATH')
    expect(await run(['sh', '-c', 'echo "[$LD_LIBRARY_PATH]"; cat /proc/self/maps'])).toMatch(/^\[\]\n(?!.*caisson)/s)
  })

  if (!shell) return

  it('it brings a node and a bun along', async () => {
    const script = 'const answer: number = 6 * 7; console.log(answer, process.argv.length)'
    writeFileSync(join(root, 'home/user/script.ts'), script)
    expect(await run(['/opt/caisson/bin/node', 'script.ts', 'x'])).toBe('42 3\n')
    expect(await run(['/opt/caisson/bin/bun', '-e', 'console.log(typeof Bun)'])).toBe('object\n')
  })

  it('it kills what has hidden from it, too: own session, no parent, empty environment', async () => {
    const tool = existsSync(join(root, 'usr/bin/setsid')) ? '' : '/bin/busybox '
    const script = 'setsid sh -c "env -i sleep 7301 & env -i setsid sleep 7301 &" ; sleep 0.2; sleep 100'.replaceAll(
      /\b(setsid|env|sleep) /g,
      `${tool}$1 `,
    )
    const message = { process: { cmd: 'sh', args: ['-c', script] }, caisson: { timeoutMs: 600 } }
    const { messages } = await stream(daemon, procedures.start, message)
    expect(messages.at(-1)).toMatchObject({ event: { end: { caisson: { outcome: { kind: 'timed-out' } } } } })
    expect(await run(['sh', '-c', 'cat /proc/[0-9]*/cmdline'])).not.toContain('7301')
  })
})

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}
