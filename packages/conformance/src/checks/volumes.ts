import {
  encodeText,
  mib,
  readFileText,
  type SandboxSpec,
  type VolumeInfo,
  type VolumeKey,
  type Volumes,
} from '@caisson/core'
import { between, ensure, rejects, same } from '../kit/assert.ts'
import type { Checks, Kit } from '../kit/kit.ts'
import { exited, nonce, output, sh } from '../kit/programs.ts'

const path = '/data'

function volumesOf(kit: Kit): Volumes {
  ensure(kit.adapter.volumes !== undefined, 'the member volumes is missing')
  return kit.adapter.volumes
}

/** A volume of its own that goes with the check, and what creates sandboxes that have it. */
function ownVolume(kit: Kit, organization = nonce()) {
  const key = { organization, name: nonce().slice(0, 40) }
  kit.defer(async () => await kit.adapter.volumes?.remove(key))
  const spec = (mount: Partial<NonNullable<SandboxSpec['volumes']>[number]> = {}): SandboxSpec => ({
    labels: { organization: key.organization },
    volumes: [{ name: key.name, path, ...mount }],
  })
  return { key, spec }
}

async function listed(volumes: Volumes, organization?: string): Promise<readonly VolumeInfo[]> {
  return await Array.fromAsync(volumes.list({ organization }))
}

async function find(volumes: Volumes, key: VolumeKey): Promise<VolumeInfo | undefined> {
  const found = await listed(volumes, key.organization)
  return found.find(({ organization, name }) => organization === key.organization && name === key.name)
}

export const volumeChecks: Checks = {
  'volumes.shared': async (kit) => {
    const { spec } = ownVolume(kit)
    const [one, two] = [await kit.fresh(spec()), await kit.fresh(spec({ path: '/home/elsewhere' }))]
    const [first, second] = [nonce(), nonce()]
    await output(one, `mkdir ${path}/sub && echo ${first} > ${path}/sub/file`)
    same(await output(two, 'cat /home/elsewhere/sub/file'), first, 'what the other sandbox reads')
    await two.files.write('/home/elsewhere/sub/file', encodeText(`${second}\n`))
    same(await readFileText(one, `${path}/sub/file`), `${second}\n`, 'what the first sandbox reads after a change')
    await output(two, 'rm /home/elsewhere/sub/file')
    same((await sh(one, `test -e ${path}/sub/file`)).outcome, exited(1), 'outcome of looking for the removed file')
  },

  'volumes.survive': async (kit) => {
    const { spec } = ownVolume(kit)
    const text = nonce()
    const writer = await kit.fresh(spec())
    await output(writer, `echo ${text} > ${path}/file`)
    await writer.destroy()
    same(await output(await kit.fresh(spec()), `cat ${path}/file`), text, 'file that an earlier sandbox left')
  },

  'volumes.organization': async (kit) => {
    const { key, spec } = ownVolume(kit)
    const stranger = { organization: nonce(), name: key.name }
    kit.defer(async () => await kit.adapter.volumes?.remove(stranger))
    await output(await kit.fresh(spec()), `echo secret > ${path}/file`)
    const other = await kit.fresh({ ...spec(), labels: { organization: stranger.organization } })
    same(await output(other, `ls -A ${path}`), '', 'files that another organization sees')
  },

  'volumes.nobody': async (kit) => {
    const create = async (): Promise<unknown> =>
      await kit.adapter.create(kit.spec({ volumes: [{ name: nonce().slice(0, 40), path }] }))
    await rejects(create, 'invalid-argument', 'volumes without an organization')
  },

  'volumes.names': async (kit) => {
    const organization = nonce()
    const mount = (name: string, at: string) => ({ name, path: at })
    const refused = [
      ...['', '.', '..', '../other', 'a/b', '/a', 'A', 'a\0', 'a b', 'x'.repeat(64)].map((name) => [mount(name, path)]),
      ...['', 'data', '/', '//', '/data/..', '/data/../etc', '/da\0ta', '/da ta', '/.hidden'].map((at) => [
        mount('a', at),
      ]),
      ...['/etc', '/proc/self', '/usr/lib', '/dev', '/run/caisson', '/opt/caisson', '/tmp'].map((at) => [
        mount('a', at),
      ]),
      [mount('a', '/one'), mount('b', '/one')],
      [mount('a', '/one'), mount('b', '/one/two')],
      [mount('a', '/one'), mount('a', '/two')],
    ]
    for (const volumes of refused) {
      const create = async (): Promise<unknown> =>
        await kit.adapter.create(kit.spec({ volumes, labels: { organization } }))
      await rejects(create, 'invalid-argument', JSON.stringify(volumes))
    }
    for (const name of ['a', 'b'])
      same(await find(volumesOf(kit), { organization, name }), undefined, 'a refused volume')
  },

  'volumes.read-only': async (kit) => {
    const { spec } = ownVolume(kit)
    const text = nonce()
    const writer = await kit.fresh(spec())
    await output(writer, `echo ${text} > ${path}/file && chmod 666 ${path}/file`)
    const reader = await kit.fresh(spec({ readOnly: true }))
    same(await output(reader, `cat ${path}/file`), text, 'file')
    for (const script of [`echo no > ${path}/file`, `echo no > ${path}/other`, `rm -f ${path}/file`]) {
      ensure((await sh(reader, script)).outcome.kind === 'exited', `"${script}" did not end by itself`)
    }
    await rejects(
      async () => await reader.files.write(`${path}/other`, encodeText('no')),
      'permission-denied',
      'files.write',
    )
    same(await output(writer, `cat ${path}/*`), text, 'content after the attempts')
  },

  'volumes.list': async (kit) => {
    const organization = nonce()
    const volumes = volumesOf(await asOther(kit))
    const [one, two] = [ownVolume(kit, organization), ownVolume(kit, organization)]
    const stranger = ownVolume(kit)
    const startedAtMs = Date.now()
    await (await kit.fresh(one.spec())).destroy()
    await kit.fresh(two.spec())
    await kit.fresh(stranger.spec())
    const found = await listed(volumes, organization)
    same(found.map(({ name }) => name).sort(), [one.key.name, two.key.name].sort(), 'names in the list')
    for (const info of found) {
      same(info.organization, organization, 'organization')
      between(info.createdAtMs, startedAtMs - 5000, Date.now() + 5000, 'createdAtMs')
      same(info.inUse, info.name === two.key.name, `inUse of ${info.name}`)
      if (kit.capabilities.limits.includes('volume')) ensure((info.sizeBytes ?? 0) > 0, 'sizeBytes is missing')
    }
    const all = new Set((await listed(volumes)).map(({ name }) => name))
    for (const { key } of [one, two, stranger]) ensure(all.has(key.name), 'a volume is missing in the whole list')
  },

  'volumes.remove': async (kit) => {
    const { key, spec } = ownVolume(kit)
    const volumes = volumesOf(await asOther(kit))
    const writer = await kit.fresh(spec())
    await output(writer, `echo old > ${path}/file`)
    await writer.destroy()
    same(await volumes.remove(key), 'removed', 'result of the first removal')
    same(await find(volumesOf(kit), key), undefined, 'the volume after the removal')
    same(await volumes.remove(key), 'absent', 'result of the second removal')
    same(await volumes.remove({ ...key, name: '../../etc' }), 'absent', 'result for a name that leads elsewhere')
    same(await output(await kit.fresh(spec()), `ls -A ${path}`), '', 'files in a new volume of that name')
  },

  'volumes.remove-others': async (kit) => {
    const { key, spec } = ownVolume(kit)
    const text = nonce()
    const writer = await kit.fresh(spec())
    await output(writer, `echo ${text} > ${path}/file`)
    await writer.destroy()
    same(await volumesOf(kit).remove({ ...key, organization: nonce() }), 'absent', 'result for another organization')
    same(await output(await kit.fresh(spec()), `cat ${path}/file`), text, 'file')
  },

  'volumes.in-use': async (kit) => {
    const { key, spec } = ownVolume(kit)
    const sandbox = await kit.fresh(spec())
    const text = nonce()
    await output(sandbox, `echo ${text} > ${path}/file`)
    for (const adapter of [kit.adapter, await kit.other()]) {
      await rejects(async () => await adapter.volumes?.remove(key), 'conflict', 'remove')
    }
    same(await output(sandbox, `cat ${path}/file`), text, 'file')
    await sandbox.destroy()
    same(await volumesOf(kit).remove(key), 'removed', 'result after the last sandbox')
  },

  'volumes.size': async (kit) => {
    const { key, spec } = ownVolume(kit)
    const sizeBytes = 32 * mib
    const [one, two] = [await kit.fresh(spec({ sizeBytes })), await kit.fresh(spec())]
    same((await find(volumesOf(kit), key))?.sizeBytes, sizeBytes, 'sizeBytes')
    await output(one, `head -c ${20 * mib} /dev/zero > ${path}/first`)
    const filling = await sh(two, `head -c ${20 * mib} /dev/zero > ${path}/second`)
    ensure(
      filling.outcome.kind === 'exited' && filling.outcome.code !== 0,
      'two sandboxes wrote more than the volume holds',
    )
    await rejects(
      async () => await one.files.write(`${path}/third`, new Uint8Array(20 * mib)),
      'no-space',
      'files.write',
    )
    await output(two, `rm -f ${path}/first ${path}/second ${path}/third && echo again > ${path}/file`)
    // What lies in a volume is not charged to the disk of a sandbox.
    await output(one, `head -c ${mib} /dev/zero > ~/own`)
  },

  'volumes.size-kept': async (kit) => {
    const { key, spec } = ownVolume(kit)
    const sizeBytes = 32 * mib
    await kit.fresh(spec({ sizeBytes }))
    await kit.fresh(spec({ sizeBytes }))
    const create = async (): Promise<unknown> => await kit.adapter.create(kit.spec(spec({ sizeBytes: 2 * sizeBytes })))
    await rejects(create, 'conflict', 'another size')
    same((await find(volumesOf(kit), key))?.sizeBytes, sizeBytes, 'sizeBytes')
  },
}

/** The same check as another process would do it. */
async function asOther(kit: Kit): Promise<Kit> {
  return { ...kit, adapter: await kit.other() }
}
