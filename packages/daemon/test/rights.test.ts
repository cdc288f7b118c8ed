import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startDaemon, type TestDaemon, until } from '@caisson/daemon/testing'
import { entryResponseSchema, listDirResponseSchema, procedures, processEventSchema } from '@caisson/wire-e2b'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, stream, unary } from './support/wire-client.ts'

/** The capabilities that the daemon keeps in a sandbox: to become another user and to send signals. */
const setpriv = '/usr/bin/setpriv'
const through = [setpriv, '--bounding-set=-all,+setuid,+setgid,+kill', '--inh-caps=-all', '--no-new-privs']
const missing =
  process.getuid?.() !== 0 ? 'needs root, to run code as somebody else' : existsSync(setpriv) ? '' : 'needs setpriv'
const user = { uid: 12_345, gid: 12_345 }

describe.skipIf(missing !== '')(
  `code that runs as another user${missing === '' ? '' : ` (skipped: ${missing})`}`,
  () => {
    let daemon: TestDaemon
    beforeAll(async () => {
      daemon = await startDaemon({ user, through })
    })
    afterAll(async () => await daemon.stop())

    async function run(script: string): Promise<string> {
      const message = { process: { cmd: '/bin/sh', args: ['-c', script] } }
      const { messages, end } = await stream(daemon, procedures.start, message)
      if (messages.length === 0) throw new Error(JSON.stringify(end))
      const parts = messages.flatMap((item) => {
        const { event } = processEventSchema.parse(item)
        return 'data' in event ? [Buffer.from(event.data.stdout ?? event.data.stderr ?? '', 'base64')] : []
      })
      return Buffer.concat(parts).toString()
    }

    const write = async (path: string, body: string, mode = '600') =>
      await call(daemon, `/files?${new URLSearchParams({ path, mode }).toString()}`, { method: 'POST', body })
    const read = async (path: string) => await call(daemon, `/files?${new URLSearchParams({ path }).toString()}`)

    it('is that user, alone and without any power', async () => {
      const status = await run('cat /proc/self/status')
      const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, 'm').exec(status)?.[1]
      expect(field('Uid')?.split('\t')).toEqual(Array(4).fill(String(user.uid)))
      expect(field('Gid')?.split('\t')).toEqual(Array(4).fill(String(user.gid)))
      expect(field('Groups')).toBe('')
      for (const name of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
        expect([name, field(name)]).toEqual([name, '0'.repeat(16)])
      expect(field('NoNewPrivs')).toBe('1')
    })

    it('starts in a home that only that user may enter, and can open its own output', async () => {
      expect(statSync(daemon.home).mode & 0o777).toBe(0o700)
      expect(await run('pwd; echo again > /dev/stdout; echo error > /dev/stderr')).toBe(
        `${daemon.home}\nagain\nerror\n`,
      )
    })

    it('cannot stop, look into or pose as the daemon', async () => {
      const { pid } = daemon.process
      const attempts = [
        `kill -9 ${pid}`,
        `kill -STOP ${pid}`,
        ...['environ', 'maps', 'mem', 'auxv', 'syscall'].map((file) => `cat /proc/${pid}/${file}`),
        `ls /proc/${pid}/fd`,
        `ls ${daemon.directory}`,
        `cat ${daemon.directory}/config.json`,
        `echo -1000 > /proc/${pid}/oom_score_adj`,
      ]
      for (const attempt of attempts)
        expect([attempt, await run(`(${attempt}) >/dev/null 2>&1 && echo done`)]).toEqual([attempt, ''])
      expect((await call(daemon, '/health')).status).toBe(204)
    })

    it('is what the kernel takes first when memory runs out', async () => {
      // The score is set right after the start, so the first look may come too early.
      expect(await run('for i in 1 2 3 4 5 6 7 8 9; do cat /proc/self/oom_score_adj; sleep 0.01; done')).toMatch(
        /1000\n$/,
      )
      expect(readFileSync(`/proc/${daemon.process.pid}/oom_score_adj`, 'utf8')).not.toContain('1000')
    })

    it('has its terminal for itself', async () => {
      const message = {
        process: { cmd: '/bin/sh', args: ['-c', 'stat -c %u $(tty)'] },
        pty: { size: { cols: 80, rows: 24 } },
      }
      const { messages } = await stream(daemon, procedures.start, message)
      const { event } = processEventSchema.parse(messages[1])
      expect(
        'data' in event &&
          Buffer.from(event.data.pty ?? '', 'base64')
            .toString()
            .trim(),
      ).toBe(String(user.uid))
    })

    it('is killed with all that it started when its time is over', async () => {
      const script = 'setsid sleep 7201 & (setsid sh -c "sleep 7201 & sleep 7201" &) ; sleep 100'
      const message = { process: { cmd: '/bin/sh', args: ['-c', script] }, caisson: { timeoutMs: 300 } }
      const { messages } = await stream(daemon, procedures.start, message)
      expect(messages.at(-1)).toMatchObject({ event: { end: { caisson: { outcome: { kind: 'timed-out' } } } } })
      await until(async () => (await run('pgrep -c -x -f "sleep 7201"')).trim() === '0', 'nothing is left')
    })

    it('never runs as root, unless the host says so', async () => {
      const authorization = `Basic ${Buffer.from('root:').toString('base64')}`
      const message = { process: { cmd: 'id' } }
      expect((await stream(daemon, procedures.start, message, { authorization })).end).toMatchObject({
        error: { code: 'unauthenticated' },
      })
      expect((await call(daemon, '/files?path=/etc/shadow&username=root')).status).toBe(401)
    })

    it('owns the files that are written for it, at once and with the mode that was given', async () => {
      expect((await write('deep/own', 'mine')).status).toBe(200)
      for (const path of ['deep', 'deep/own']) {
        const { uid, gid } = statSync(join(daemon.home, path))
        expect([path, uid, gid]).toEqual([path, user.uid, user.gid])
      }
      expect(statSync(join(daemon.home, 'deep/own')).mode & 0o7777).toBe(0o600)
      expect(await run('cat deep/own; (umask 077; echo secret > private)')).toBe('mine')
      expect((await read('private')).body.toString()).toBe('secret\n')
      await unary(daemon, procedures.makeDir, { path: 'made/dirs' })
      expect(statSync(join(daemon.home, 'made/dirs')).uid).toBe(user.uid)
    })

    it('has no way to what belongs to root: neither itself nor through the daemon', async () => {
      const vault = join(daemon.directory, 'vault')
      mkdirSync(vault, { mode: 0o700 })
      writeFileSync(join(vault, 'secret'), 'for root')
      chmodSync(vault, 0o700)
      const secret = join(vault, 'secret')
      const denied = { status: 403, body: { code: 'permission_denied' } }
      expect((await read(secret)).status).toBe(403)
      expect((await read('/etc/shadow')).status).toBe(403)
      expect((await write(secret, 'mine now')).status).toBe(403)
      expect((await write('/etc/new', 'x')).status).toBe(403)
      expect(await unary(daemon, procedures.stat, { path: secret })).toMatchObject(denied)
      expect(await unary(daemon, procedures.listDir, { path: vault })).toMatchObject(denied)
      expect(await unary(daemon, procedures.makeDir, { path: join(vault, 'x') })).toMatchObject(denied)
      expect(await unary(daemon, procedures.move, { source: secret, destination: 'stolen' })).toMatchObject(denied)
      expect(await unary(daemon, procedures.remove, { path: secret })).toMatchObject(denied)
      expect((await stream(daemon, procedures.watchDir, { path: vault })).end).toMatchObject({
        error: { code: 'permission_denied' },
      })
      expect((await stream(daemon, procedures.start, { process: { cmd: 'true', cwd: vault } })).end).toMatchObject({
        error: { code: 'permission_denied' },
      })
      await run(`ln -s ${secret} link`)
      expect((await read('link')).status).toBe(403)
      expect(readFileSync(secret, 'utf8')).toBe('for root')
    })

    it('is shown a directory that it may not enter without what is in it', async () => {
      mkdirSync(join(daemon.home, 'mixed/closed'), { recursive: true })
      writeFileSync(join(daemon.home, 'mixed/closed/hidden'), 'x')
      chmodSync(join(daemon.home, 'mixed/closed'), 0o700)
      chownSync(join(daemon.home, 'mixed'), user.uid, user.gid)
      const { body } = await unary(daemon, procedures.listDir, { path: 'mixed', depth: 5 })
      expect(listDirResponseSchema.parse(body).entries.map(({ name, owner }) => [name, owner])).toEqual([
        ['closed', 'root'],
      ])
      expect(
        entryResponseSchema.parse((await unary(daemon, procedures.stat, { path: 'mixed' })).body).entry.owner,
      ).toBe('user')
    })
  },
)
