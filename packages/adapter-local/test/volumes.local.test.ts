import { createLocalAdapter } from '@caisson/adapter-local'
import { decodeText, encodeText, mib, readFileText, runShell, type Sandbox } from '@caisson/core'
import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { startCreator } from './support/start-creator.ts'
import { leftovers, whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNot()

const shared = (
  organization: string,
  name = 'shared',
  more: { readonly readOnly?: boolean; readonly sizeBytes?: number } = {},
) => ({
  labels: { organization },
  volumes: [{ name, path: '/data', ...more }],
})

async function says(sandbox: Sandbox, script: string): Promise<string> {
  const { outcome, stdout, stderr } = await runShell(sandbox, script, { timeoutMs: 60_000 })
  if (outcome.kind !== 'exited' || outcome.code !== 0) throw new Error(JSON.stringify(outcome) + decodeText(stderr))
  return decodeText(stdout).trim()
}

describe.skipIf(reason !== undefined)(`volumes${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const state = temporaryState()
  const adapter = createLocalAdapter({ stateDirectory: state })
  afterAll(async () => {
    for await (const { id } of adapter.list()) await adapter.destroy(id)
    for await (const volume of adapter.volumes?.list() ?? []) await adapter.volumes?.remove(volume)
    await adapter[Symbol.asyncDispose]()
    expect(readdirSync(`${state}/volumes`)).toEqual(['lock'])
  })

  it('two sandboxes hand a task to each other: ids differ on the host, owners are the same inside', async () => {
    await using one = await adapter.create(shared('acme', 'tasks'))
    await using two = await adapter.create(shared('acme', 'tasks'))
    expect(await says(one, 'cat /proc/self/uid_map')).not.toBe(await says(two, 'cat /proc/self/uid_map'))
    const answer = says(
      two,
      'until [ -s /data/question ]; do sleep 0.05; done; tr a-z A-Z </data/question >/data/half && mv /data/half /data/answer',
    )
    await one.files.write('/data/question', encodeText('who are you?'))
    await answer
    expect(await readFileText(one, '/data/answer')).toBe('WHO ARE YOU?')
    await says(one, 'umask 077; mkdir /data/private; echo secret >/data/private/file; chmod 600 /data/answer')
    expect(
      await says(
        two,
        'stat -c "%U %G %a" /data/answer; cat /data/private/file; rm -r /data/private; chmod 640 /data/answer',
      ),
    ).toBe('user user 600\nsecret')
    expect(await says(one, 'stat -c "%U %a" /data/answer; ls /data')).toBe('user 640\nanswer\nquestion')
  })

  it('one sandbox is told of what another does to a watched volume', async () => {
    await using one = await adapter.create(shared('acme', 'watched'))
    await using two = await adapter.create(shared('acme', 'watched'))
    await using watch = await one.files.watch('/data')
    await says(two, 'echo news >/data/file')
    for await (const { path } of watch) if (path === 'file') break
  })

  it('a volume below the home belongs to the user on the way to it', async () => {
    const volumes = [{ name: 'home', path: '/home/user/work/shared' }]
    await using sandbox = await adapter.create({ labels: { organization: 'acme' }, volumes })
    expect(await says(sandbox, 'touch work/mine work/shared/ours && stat -c %U work')).toBe('user')
  })

  it('nothing in a volume gains rights, and it is no way to the host', async () => {
    await using sandbox = await adapter.create(shared('acme', 'rights'))
    const mount = await says(sandbox, "grep ' /data ' /proc/self/mountinfo")
    expect(mount).toMatch(/ \/files \/data rw,nosuid,nodev,noatime/)
    expect(mount).not.toContain(state)
    expect(
      await says(sandbox, 'cp /usr/bin/id /data/id && chmod 4755 /data/id && stat -c %a /data/id && /data/id -u'),
    ).toBe('4755\n1000')
    expect(await says(sandbox, 'mknod /data/disk b 7 0 2>&1 || echo refused; ls /data/..')).toMatch(/refused/)
    await says(sandbox, 'ln -s /etc/shadow /data/link; ln -s ../../../.. /data/up; ls /data/up')
    expect(await says(sandbox, 'test "$(ls -id /data/up/)" = "$(ls -id /)" -o -e /data/up/usr && echo inside')).toBe(
      'inside',
    )
  })

  it('a volume is full for everybody at its size, and sandboxes and their own disks go on', async () => {
    await using one = await adapter.create(shared('acme', 'small', { sizeBytes: 32 * mib }))
    await using two = await adapter.create(shared('acme', 'small'))
    const filled = await runShell(one, 'cat /dev/zero >/data/zeros')
    expect(decodeText(filled.stderr)).toContain('No space left on device')
    await expect(two.files.write('/data/more', new Uint8Array(mib))).rejects.toMatchObject({ code: 'no-space' })
    expect(
      await says(two, 'echo own >~/file && cat ~/file && stat -c %s /data/zeros | awk "{ print (\\$1 < 33554432) }"'),
    ).toBe('own\n1')
    expect(Number(await says(two, 'df --output=itotal /data | tail -1'))).toBeLessThan(32 * 1024)
  })

  it('the machine promises no volume that it could not hold', async () => {
    await expect(adapter.create(shared('acme', 'huge', { sizeBytes: 1024 * 1024 * mib }))).rejects.toMatchObject({
      code: 'no-space',
      field: 'volumes',
    })
    expect(
      (await Array.fromAsync(adapter.volumes?.list({ organization: 'acme' }) ?? [])).map(({ name }) => name),
    ).not.toContain('huge')
  })

  it('many sandboxes that come and go at once share one file system', async () => {
    const lines = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        await using sandbox = await adapter.create(shared('acme', 'crowd'))
        await says(sandbox, `for i in 1 2 3 4 5; do echo ${index}-$i >>/data/log; done`)
      }),
    )
    await using reader = await adapter.create(shared('acme', 'crowd', { readOnly: true }))
    expect((await says(reader, 'sort -u /data/log')).split('\n')).toHaveLength(lines.length * 5)
  }, 120_000)

  it('outlives its killed creator with its files, and every sweep', async () => {
    const creator = startCreator(state, 60_000, 'kept')
    expect(await creator.nextLine()).toBe('begin')
    const id = await creator.nextLine()
    await creator.kill()
    await using second = createLocalAdapter({ stateDirectory: state })
    const key = { organization: 'crash', name: 'kept' }
    await expect(second.volumes?.remove(key)).rejects.toMatchObject({ code: 'conflict' })
    for await (const info of second.list()) if (info.labels['test'] === 'crash') await second.destroy(info.id)
    await second.sweep?.()
    expect(existsSync(`${state}/sandboxes/${id}`)).toBe(false)
    await using reader = await second.create(shared(key.organization, key.name))
    expect(await says(reader, 'cat /data/file')).toBe(id)
  }, 60_000)

  it.each([0, 40, 80, 120, 160, 200, 260, 320, 400, 500])(
    'a creator that is killed %i ms after it began to mount a volume leaves nothing but the volume',
    async (afterMs) => {
      const creator = startCreator(state, 60_000, 'kept')
      expect(await creator.nextLine()).toBe('begin')
      await delay(afterMs)
      await creator.kill()
      const volume = { organization: 'crash', name: 'kept' }
      await vi.waitFor(
        async () => {
          await adapter.sweep?.()
          for await (const info of adapter.list()) if (info.labels['test'] === 'crash') await adapter.destroy(info.id)
          await adapter.volumes?.remove(volume)
          const names = readdirSync(`${state}/volumes`).filter((name) => name.startsWith('.'))
          expect([...names, ...leftovers(state).filter((line) => line.includes('image.ext4'))]).toEqual([])
        },
        { timeout: 20_000, interval: 200 },
      )
    },
    60_000,
  )
})
