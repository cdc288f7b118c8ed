import { createLocalAdapter } from '@caisson/adapter-local'
import { decodeText, runProcess, runShell } from '@caisson/core'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const busybox = '/usr/bin/busybox'
const reason = whyNot() ?? (existsSync(busybox) ? undefined : 'needs busybox: apt-get install busybox')

/** A root without any library: a static shell, or nothing but one static program. */
function makeRoots(): Readonly<Record<'small' | 'distroless' | 'hostile' | 'gone', string>> {
  const base = mkdtempSync(join(tmpdir(), 'caisson-roots-'))
  const [small, distroless, hostile] = ['small', 'distroless', 'hostile'].map((name) => join(base, name))
  if (small === undefined || distroless === undefined || hostile === undefined) throw new Error('unreachable')
  mkdirSync(join(small, 'bin'), { recursive: true })
  mkdirSync(join(small, 'etc'))
  copyFileSync(busybox, join(small, 'bin/busybox'))
  for (const name of ['sh', 'id', 'cat', 'ls', 'echo', 'touch']) symlinkSync('busybox', join(small, 'bin', name))
  writeFileSync(join(small, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\napp:x:500:500:app:/srv/app:/bin/sh\n')
  mkdirSync(join(distroless, 'app'), { recursive: true })
  copyFileSync(busybox, join(distroless, 'app/busybox'))
  mkdirSync(join(hostile, 'bin'), { recursive: true })
  copyFileSync(busybox, join(hostile, 'bin/sh'))
  mkdirSync(join(base, 'victim'))
  for (const name of ['dev', 'proc', 'sys', 'tmp', 'run', 'etc', 'home', 'opt'])
    symlinkSync(join(base, 'victim'), join(hostile, name))
  return { small, distroless, hostile, gone: join(base, 'gone') }
}

describe.skipIf(reason !== undefined)(
  `templates of directories${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    const roots = makeRoots()
    const state = temporaryState()
    const adapter = createLocalAdapter({
      stateDirectory: state,
      templates: {
        small: { rootfs: roots.small, user: { name: 'app', uid: 500, gid: 500, home: '/srv/app' } },
        distroless: { rootfs: roots.distroless },
        hostile: { rootfs: roots.hostile },
        gone: { rootfs: roots.gone },
      },
    })
    afterAll(async () => {
      await adapter[Symbol.asyncDispose]()
      rmSync(join(roots.small, '..'), { recursive: true })
    })

    it('a root without glibc runs, with the user of its template', async () => {
      await using sandbox = await adapter.create({ template: 'small' })
      const ran = await runShell(
        sandbox,
        'id -un; id -u; echo $HOME; pwd; ls /; touch /bin/planted 2>/dev/null || echo refused',
      )
      expect(decodeText(ran.stdout).split('\n').slice(0, 4)).toEqual(['app', '500', '/srv/app', '/srv/app'])
      expect(decodeText(ran.stdout)).toContain('refused')
      expect(decodeText(ran.stdout)).not.toContain('rootfs')
      const info = await sandbox.files.write('note', new TextEncoder().encode('kept'))
      expect(info.owner).toBe('app')
      expect(readdirSync(roots.small).sort()).toEqual(['bin', 'etc'])
    })

    it('a root without a shell runs programs and holds files', async () => {
      await using sandbox = await adapter.create({ template: 'distroless' })
      const ran = await runProcess(sandbox, { argv: ['/app/busybox', 'echo', 'alone'] })
      expect(decodeText(ran.stdout)).toBe('alone\n')
      await expect(runShell(sandbox, 'true')).rejects.toMatchObject({ code: 'path-not-found' })
      await sandbox.files.write('/home/user/file', new TextEncoder().encode('text'))
      expect((await sandbox.files.stat('/home/user/file')).sizeBytes).toBe(4)
    })

    it('A15: a root whose directories are links to the host leads nowhere', async () => {
      await using sandbox = await adapter.create({ template: 'hostile' })
      const ran = await runProcess(sandbox, { argv: ['/bin/sh', '-c', 'echo out > /tmp/out; echo here'] })
      expect(decodeText(ran.stdout)).toContain('here')
      expect(readdirSync(join(roots.small, '../victim'))).toEqual([])
    })

    it('a link of the template is no place for a volume', async () => {
      const volumes = (path: string) => ({ labels: { organization: 'acme' }, volumes: [{ name: 'shared', path }] })
      symlinkSync('/opt/caisson', join(roots.small, 'data'))
      try {
        for (const path of ['/data', '/data/below', '/srv/app/../x']) {
          const create = adapter.create({ template: 'small', ...volumes(path) })
          await expect(create).rejects.toMatchObject({ code: 'invalid-argument' })
        }
      } finally {
        rmSync(join(roots.small, 'data'))
      }
      await using sandbox = await adapter.create({ template: 'small', ...volumes('/data') })
      await sandbox.files.write('/data/file', new TextEncoder().encode('text'))
    })

    it('one that does not exist is said to be so', async () => {
      await expect(adapter.create({ template: 'unknown' })).rejects.toMatchObject({
        code: 'template-not-found',
        field: 'template',
      })
      await expect(adapter.create({ template: 'constructor' })).rejects.toMatchObject({ code: 'template-not-found' })
      await expect(adapter.create({ template: 'gone' })).rejects.toMatchObject({
        code: 'template-not-found',
        remedy: `unpack its root file system to ${roots.gone}`,
      })
    })
  },
)
