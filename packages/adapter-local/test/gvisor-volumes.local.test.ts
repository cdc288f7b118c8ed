import { createLocalAdapter } from '@caisson/adapter-local'
import { decodeText, mib, runShell, type Sandbox } from '@caisson/core'
import { readdirSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { gvisorState, whyNoGvisor } from './support/gvisor.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNoGvisor()

async function says(sandbox: Sandbox, script: string): Promise<string> {
  const { outcome, stdout, stderr } = await runShell(sandbox, script, { timeoutMs: 60_000 })
  if (outcome.kind !== 'exited' || outcome.code !== 0) throw new Error(JSON.stringify(outcome) + decodeText(stderr))
  return decodeText(stdout).trim()
}

describe.skipIf(reason !== undefined)(
  `volumes of gVisor sandboxes${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    const state = temporaryState()
    const adapter = createLocalAdapter({ tier: 'gvisor', stateDirectory: state, preparedSandboxes: 0 })
    const create = async (name: string, more: { readonly readOnly?: boolean } = {}): Promise<Sandbox> =>
      await adapter.create({
        labels: { organization: 'acme' },
        volumes: [{ name, path: '/data', sizeBytes: 64 * mib, ...more }],
      })
    afterAll(async () => {
      for await (const { id } of adapter.list()) await adapter.destroy(id)
      for await (const volume of adapter.volumes?.list() ?? []) await adapter.volumes?.remove(volume)
      await adapter[Symbol.asyncDispose]()
      expect(readdirSync(`${gvisorState(state)}/volumes`)).toEqual(['lock'])
    })

    it('are open to the user, to whom the same files belong everywhere, and nothing in them gains rights', async () => {
      await using one = await create('owners')
      await using two = await create('owners')
      await says(one, 'umask 077; mkdir /data/private; echo secret >/data/private/file')
      expect(await says(two, 'stat -c "%U %a" /data/private/file; cat /data/private/file')).toBe('user 600\nsecret')
      expect(await says(one, 'cp /usr/bin/id /data/id && chmod 4755 /data/id && /data/id -u')).toBe('1000')
      expect(await says(one, 'mknod /data/disk b 7 0 2>&1 || echo refused')).toMatch(/refused/)
    })

    it('that are only to be read are not changed in any way', async () => {
      await using writer = await create('read-only')
      await says(writer, 'echo text >/data/file && chmod 666 /data/file')
      await using reader = await create('read-only', { readOnly: true })
      for (const attempt of [
        'echo no >/data/file',
        ': >/data/file',
        'truncate -s 1 /data/file',
        'rm -f /data/file',
        'chmod 600 /data/file',
        'ln -s x /data/link',
      ])
        expect((await runShell(reader, attempt)).outcome, attempt).not.toEqual({ kind: 'exited', code: 0 })
      expect(await says(writer, 'cat /data/file; stat -c %a /data/file; ls /data')).toBe('text\n666\nfile')
      await reader.pause?.()
      await reader.resume?.()
      expect((await runShell(reader, 'echo no >/data/file')).outcome).not.toEqual({ kind: 'exited', code: 0 })
      expect(await says(writer, 'cat /data/file')).toBe('text')
    })

    it('are shared while a sandbox is paused, cannot be removed, and are as others left them when it goes on', async () => {
      await using sleeper = await create('paused')
      await using other = await create('paused')
      await says(
        sleeper,
        'echo first >/data/log; (exec 3>>/data/log; while [ ! -e /data/go ]; do sleep 0.1; done; echo last >&3) >/dev/null 2>&1 &',
      )
      await sleeper.pause?.()
      await expect(adapter.volumes?.remove({ organization: 'acme', name: 'paused' })).rejects.toMatchObject({
        code: 'conflict',
      })
      await says(other, 'echo between >>/data/log; touch /data/go')
      await sleeper.resume?.()
      expect(await says(sleeper, 'until [ $(wc -l </data/log) = 3 ]; do sleep 0.1; done; cat /data/log')).toBe(
        'first\nbetween\nlast',
      )
      expect(await says(other, 'tail -1 /data/log')).toBe('last')
    })

    it('are the same for a fork and for a sandbox that goes on from a snapshot, which stay of that organization', async () => {
      await using first = await create('handed-on')
      await says(first, 'echo hello >/data/file')
      const [fork] = (await first.fork?.(1, { ttlMs: 60_000, labels: { run: 'two' } })) ?? []
      if (fork === undefined) throw new Error('there is no fork')
      expect((await fork.info()).labels).toEqual({ run: 'two', organization: 'acme' })
      await says(fork, 'cat /data/file && echo forked >>/data/file')
      await expect(first.fork?.(1, { ttlMs: 60_000, labels: { organization: 'other' } })).rejects.toMatchObject({
        code: 'invalid-argument',
        field: 'labels.organization',
      })
      await fork.destroy()

      await first.snapshot?.('with-volume')
      await expect(
        adapter.create({ template: 'with-volume', labels: { organization: 'other' } }),
      ).rejects.toMatchObject({ code: 'template-not-found' })
      await expect(
        adapter.create({
          template: 'with-volume',
          labels: { organization: 'acme' },
          volumes: [{ name: 'another', path: '/data' }],
        }),
      ).rejects.toMatchObject({ code: 'unsupported', field: 'volumes' })
      await using second = await adapter.create({ template: 'with-volume', labels: { organization: 'acme' } })
      await says(second, 'echo restored >>/data/file')
      expect(await says(first, 'cat /data/file')).toBe('hello\nforked\nrestored')
    })

    it('from which an open file is gone keep a sandbox paused, which goes on once the file is there again', async () => {
      await using sleeper = await create('lost')
      await using other = await create('lost')
      await says(sleeper, 'echo text >/data/file; (exec 3</data/file; sleep 600) >/dev/null 2>&1 &')
      await says(sleeper, 'until ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q /data/file; do sleep 0.1; done')
      await sleeper.pause?.()
      await says(other, 'mv /data/file /data/away')
      await expect(sleeper.resume?.()).rejects.toMatchObject({ code: 'provider' })
      expect((await sleeper.info()).state).toBe('paused')
      await says(other, 'mv /data/away /data/file')
      await sleeper.resume?.()
      expect(await says(sleeper, 'cat /data/file')).toBe('text')
    })

    it('below a way that code turned elsewhere lead nowhere: its sandbox harms itself, and nobody else', async () => {
      await using sandbox = await adapter.create({
        labels: { organization: 'acme' },
        volumes: [{ name: 'way', path: '/home/user/work/shared' }],
      })
      await says(sandbox, 'mv work elsewhere && ln -s /etc work')
      await sandbox.pause?.()
      await expect(sandbox.resume?.()).rejects.toMatchObject({ code: 'provider' })
      expect(readdirSync('/etc')).not.toContain('shared')
      expect((await sandbox.info()).state).toBe('paused')
      expect(await sandbox.destroy()).toBe('destroyed')
    })
  },
)
