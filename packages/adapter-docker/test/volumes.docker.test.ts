import { decodeText, runShell, type Sandbox } from '@caisson/core'
import { afterAll, expect, test } from 'vitest'
import { onEngines } from './support/on-engines.ts'

async function output(sandbox: Sandbox, command: string): Promise<string> {
  const { stdout, stderr } = await runShell(sandbox, command)
  return decodeText(stdout) + decodeText(stderr)
}

onEngines((engine) => {
  const labels = { organization: 'acme' }
  afterAll(async () => {
    const { volumes } = engine.adapter()
    for await (const volume of volumes?.list() ?? []) await volumes?.remove(volume)
  })

  test('a volume of an engine that holds no sizes is open to the users of all sandboxes, and empty wherever it lies', async () => {
    const adapter = engine.adapter()
    const other = { name: 'agent', uid: 1234, gid: 1234, home: '/home/agent' }
    const elsewhere = engine.adapter({ templates: { other: { image: engine.image, user: other } } })
    const [name, path] = ['plain', '/srv/data']
    await using one = await adapter.create({ labels, volumes: [{ name, path }] })
    await using two = await elsewhere.create({ labels, volumes: [{ name, path: '/srv/other' }] })
    expect(await output(one, `ls -A ${path}; echo text > ${path}/file; cat ${path}/file`)).toBe('text\n')
    expect(await output(two, 'cat /srv/other/file; echo more > /srv/other/other; stat -c %u /srv/other/other')).toBe(
      'text\n1234\n',
    )
    expect(await output(one, `ls ${path}`)).toBe('file\nother\n')
    const created = async (): Promise<unknown> =>
      (await Array.fromAsync(adapter.volumes?.list({ organization: 'acme' }) ?? [])).map((each) => each.createdAtMs)
    const before = await created()
    await output(one, `sleep 1.1; touch ${path}/later`)
    expect(await created()).toEqual(before)
    await expect(
      adapter.create({ labels, volumes: [{ name: 'sized', path, sizeBytes: 2 ** 25 }] }),
    ).rejects.toMatchObject({ code: 'unsupported', field: 'volumes.0.sizeBytes' })
  })
})
