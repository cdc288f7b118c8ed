import { createLocalAdapter } from '@caisson/adapter-local'
import { decodeText, encodeText, mib, readFileText, runProcess, runShell, type Sandbox } from '@caisson/core'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const busybox = '/usr/bin/busybox'
const reason = whyNot() ?? (existsSync(busybox) ? undefined : 'needs busybox: sh infra/provision/buildah.sh install')

/** A root in which `su` needs no password. */
function makeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'caisson-sudo-'))
  chmodSync(root, 0o755)
  for (const name of ['bin', 'etc', 'root', 'home/user']) mkdirSync(join(root, name), { recursive: true })
  copyFileSync(busybox, join(root, 'bin/busybox'))
  const names =
    'sh id cat ls echo touch stat grep chown chmod cp rm mkdir mount umount mknod kill sleep chroot hostname date reboot swapoff ulimit head dd adduser unshare ps true awk nc ln mv'
  for (const name of names.split(' ')) symlinkSync('busybox', join(root, 'bin', name))
  copyFileSync(busybox, join(root, 'bin/su'))
  chmodSync(join(root, 'bin/su'), 0o4755)
  writeFileSync(join(root, 'etc/passwd'), 'root::0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n')
  writeFileSync(join(root, 'etc/own'), 'of the image\n', { mode: 0o600 })
  writeFileSync(join(root, 'home/user/.profile'), '# of the image\n')
  chownSync(join(root, 'home/user/.profile'), 1000, 1000)
  return root
}

describe.skipIf(reason !== undefined)(`sudo in templates${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const state = temporaryState()
  const rootfs = makeRoot()
  const adapter = createLocalAdapter({
    stateDirectory: state,
    templates: { sudo: { rootfs, privileges: 'sudo' }, plain: { rootfs } },
  })
  let sandbox: Sandbox

  beforeAll(async () => {
    sandbox = await adapter.create({ template: 'sudo', resources: { pids: 64 } })
  })
  afterAll(async () => {
    await sandbox.destroy()
    await adapter[Symbol.asyncDispose]()
    rmSync(rootfs, { recursive: true })
  })

  /** What a script prints that root inside runs, both streams. */
  const asRoot = async (script: string, of: Sandbox = sandbox): Promise<string> => {
    const argv = ['/bin/su', '-c', script, 'root'] as const
    const { stdout, stderr } = await runProcess(of, { argv, timeoutMs: 30_000 })
    return (decodeText(stdout) + decodeText(stderr)).trim()
  }

  it('lets a program gain rights where the template asks for it, and nowhere else', async () => {
    expect(await asRoot('id -u')).toBe('0')
    await using plain = await adapter.create({ template: 'plain' })
    const refused = await runProcess(plain, { argv: ['/bin/su', '-c', 'id -u', 'root'] })
    expect(refused.outcome).toMatchObject({ kind: 'exited' })
    expect(refused.outcome).not.toMatchObject({ code: 0 })
    expect(decodeText(refused.stdout)).toBe('')
    expect(decodeText((await runShell(plain, 'grep NoNewPrivs /proc/self/status')).stdout)).toBe('NoNewPrivs:\t1\n')
    expect(decodeText((await runShell(sandbox, 'grep -E "NoNewPrivs|CapEff|Seccomp:" /proc/self/status')).stdout)).toBe(
      'CapEff:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t2\n',
    )
  })

  it('acts as root for who asks, and writes for the user where the user may not', async () => {
    const { stdout } = await runProcess(sandbox, { argv: ['id', '-u'], user: 'root' })
    expect(decodeText(stdout)).toBe('0\n')
    await sandbox.files.write('/root/of-root', encodeText('x'), { user: 'root' })
    expect(await sandbox.files.stat('/root/of-root', { user: 'root' })).toMatchObject({ owner: 'root' })
    await sandbox.files.write('/new/folder/of-user', encodeText('x'))
    expect(await sandbox.files.stat('/new/folder')).toMatchObject({ owner: 'user' })
    expect(await sandbox.files.stat('/new/folder/of-user')).toMatchObject({ owner: 'user' })
    await sandbox.files.makeDirectory('/other/folder')
    expect(await sandbox.files.stat('/other')).toMatchObject({ owner: 'user' })
    await using plain = await adapter.create({ template: 'plain' })
    await expect(plain.processes.spawn({ argv: ['id'], user: 'root' })).rejects.toMatchObject({ code: 'unsupported' })
    await expect(plain.files.write('/new/of-user', encodeText('x'))).rejects.toMatchObject({
      code: 'permission-denied',
    })
  })

  it('shows files of the image to those to whom they belong, and changes none of them on the host', async () => {
    expect(await asRoot('stat -c "%u %g" /etc/own /etc /bin/su /home/user/.profile; cat /etc/own')).toBe(
      '0 0\n0 0\n0 0\n1000 1000\nof the image',
    )
    expect(decodeText((await runShell(sandbox, 'cat /etc/own || echo refused')).stdout)).toBe('refused\n')
    await asRoot('echo changed >/etc/own; chown 1000 /etc/own; echo new >/bin/new; chmod 4755 /bin/new; rm /bin/ls')
    expect(await readFileText(sandbox, '/etc/own')).toBe('changed\n')
    expect(readFileSync(join(rootfs, 'etc/own'), 'utf8')).toBe('of the image\n')
    expect(existsSync(join(rootfs, 'bin/new'))).toBe(false)
    expect(lstatSync(join(rootfs, 'bin/ls')).isSymbolicLink()).toBe(true)
  })

  it('gives root inside what it needs to keep files and users, and no more', async () => {
    // KILL, SETGID, SETUID; CHOWN, DAC_OVERRIDE, FOWNER, FSETID, NET_BIND_SERVICE, SETFCAP
    expect(await asRoot('grep -E "CapBnd|CapEff|CapInh|CapAmb" /proc/self/status')).toBe(
      [
        'CapInh:\t0000000000000000',
        'CapEff:\t00000000800004fb',
        'CapBnd:\t00000000800004fb',
        'CapAmb:\t0000000000000000',
      ].join('\n'),
    )
    const map = (await asRoot('cat /proc/self/uid_map')).split(/\s+/)
    expect(Number(map[1])).toBeGreaterThanOrEqual(1_879_048_192)
  })

  it.each([
    ['mount the disk of the host', 'mknod /tmp/disk b 254 0 && mount /tmp/disk /mnt'],
    ['mount anything', 'mount -t tmpfs none /mnt || mount -t proc none /mnt'],
    ['unmount what covers the host', 'umount /proc || umount -l /sys/fs/cgroup/memory || umount /run/caisson'],
    ['make a place writable', 'mount -o remount,rw,bind /opt/caisson'],
    ['make devices', 'mknod /home/user/null c 1 3'],
    ['look into the daemon', 'cat /proc/2/environ >/dev/null || echo x >/proc/2/mem || ls /proc/2/cwd/'],
    ['replace the daemon', 'cp /bin/busybox /opt/caisson/daemon'],
    ['change settings of the kernel', 'echo 1 >/proc/sys/kernel/sysrq || echo b >/proc/sysrq-trigger'],
    ['change its control group', 'echo 9999999999 >/sys/fs/cgroup/memory/memory.limit_in_bytes'],
    ['raise the number of open files', 'ulimit -Hn 100000'],
    ['raise the number of processes', 'ulimit -Hu 100000'],
    ['set the host name', 'hostname other'],
    ['set the clock', 'date -s 2001-01-01 >/dev/null; test "$(date +%Y)" = 2001'],
    ['end the machine', 'reboot -f'],
    ['enter other namespaces', 'unshare -m true || unshare -U true'],
    ['leave its root', 'chroot /tmp /bin/true || chroot / /bin/true'],
    ['be spared when memory is short', 'echo -1000 >/proc/self/oom_score_adj'],
    ['take ids that are not its own', 'chown 70000 /home/user'],
    ['see processes of the host', `test -e /proc/${process.pid}/root/etc`],
  ])('root inside cannot %s', async (_what, script) => {
    expect(await asRoot(`(${script}) 2>/dev/null && echo ESCAPED || echo held`)).toBe('held')
  })

  it('root inside sees no file of the host', async () => {
    const canary = join(rootfs, '../caisson-sudo-canary')
    writeFileSync(canary, 'canary')
    try {
      const looked = await asRoot(
        `cat ${canary} /proc/1/root${canary} ${state}/*/*/record.json /etc/shadow; grep -c ${state} /proc/self/mountinfo`,
      )
      expect(looked).not.toContain('canary"')
      expect(looked.split('\n').filter((line) => !line.includes("can't open"))).toEqual(['0'])
    } finally {
      rmSync(canary)
    }
  })

  it('what it takes counts against the same limits', async () => {
    await using greedy = await adapter.create({
      template: 'sudo',
      resources: { pids: 64, memoryBytes: 64 * mib, diskBytes: 64 * mib },
    })
    expect(await asRoot('dd if=/dev/zero of=/root/zeros bs=1M count=200', greedy)).toContain('No space left')
    expect(await asRoot('rm /root/zeros; echo again', greedy)).toBe('again')
    const eater = await runProcess(greedy, {
      argv: ['/bin/su', '-c', 'dd if=/dev/zero of=/dev/null bs=100M count=1', 'root'],
    })
    expect(eater.outcome).not.toEqual({ kind: 'exited', code: 0 })
    expect(await asRoot('i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i+1)); done; echo started', greedy)).toContain(
      "can't fork",
    )
    expect((await greedy.metrics?.())?.pids).toBeLessThan(100)
    expect(await greedy.destroy()).toBe('destroyed')
  })

  it('time limits end what root inside runs', async () => {
    const argv = ['/bin/su', '-c', 'trap "" TERM; while :; do :; done', 'root'] as const
    expect((await runProcess(sandbox, { argv, timeoutMs: 1000 })).outcome).toEqual({ kind: 'timed-out' })
    await vi.waitFor(async () => expect(await asRoot('ps | grep -c "while [:]"')).toBe('0'), 15_000)
  })

  it('rights are gained from the image and not from a volume, /tmp or /run', async () => {
    const volumes = [{ name: 'rights', path: '/data' }]
    await using with1 = await adapter.create({ template: 'sudo', labels: { organization: 'acme' }, volumes })
    const places = ['/data', '/tmp', '/dev/shm']
    for (const place of places) await asRoot(`cp /bin/su ${place}/su && chmod 4755 ${place}/su`, with1)
    for (const place of places) {
      const ran = await runShell(with1, `stat -c %a:%u ${place}/su; ${place}/su -c 'id -u' root`)
      expect(decodeText(ran.stdout)).toBe('4755:0\n')
      expect(ran.outcome).not.toEqual({ kind: 'exited', code: 0 })
    }
    await asRoot('cp /bin/su /root/su; cp /bin/su /home/user/su && chmod 4755 /home/user/su', with1)
    expect(decodeText((await runShell(with1, "/home/user/su -c 'id -u' root")).stdout)).toBe('0\n')
    await with1.destroy()
    await adapter.volumes?.remove({ organization: 'acme', name: 'rights' })
  })

  it('root inside that ends the daemon ends its own sandbox, and nothing else', async () => {
    const doomed = await adapter.create({ template: 'sudo' })
    await asRoot('kill -9 1; kill -9 $(ps | grep "[c]aisson/daemon" | awk "{ print \\$1 }"); sleep 5', doomed).catch(
      () => undefined,
    )
    await vi.waitFor(
      async () => await expect(doomed.info()).rejects.toMatchObject({ code: 'sandbox-not-found' }),
      15_000,
    )
    await expect(runShell(doomed, 'true')).rejects.toMatchObject({ name: 'SandboxError' })
    await doomed.destroy()
    expect(globSync(`${state}/sandboxes/${doomed.id}*`)).toEqual([])
    expect(await asRoot('id -u')).toBe('0')
  })

  it('a daemon that root inside replaces gets nothing from the host', async () => {
    const hostile = await adapter.create({ template: 'sudo' })
    await hostile.files.write('/home/user/kept', encodeText('kept'))
    await asRoot('rm /run/caisson/daemon.sock; ln -s /etc/passwd /run/caisson/daemon.sock', hostile)
    await expect(
      runShell(await adapter.connect(hostile.id), 'true', { deadline: Date.now() + 5000 }),
    ).rejects.toMatchObject({ name: 'SandboxError' })
    expect(await hostile.destroy()).toBe('destroyed')
  })
})
