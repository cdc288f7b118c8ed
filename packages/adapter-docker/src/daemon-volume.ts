import { seccompProfile } from '@caisson/adapter-kit'
import { bundleDirectory } from '@caisson/daemon/bundle'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Pack } from 'tar-stream'
import { putTar, statPath } from './archive.ts'
import { hostsFile, type DaemonPlace, seccompFile } from './container-spec.ts'
import { createVolume } from './create-volume.ts'
import type { Engine } from './engine.ts'
import { withHelper } from './helper-container.ts'
import { commonLabels, label } from './labels.ts'
import { removeEngineVolume } from './volumes/remove-engine-volume.ts'
import { listEngineVolumes } from './volumes/volume.ts'

const key = 'daemon-volume'
const mountPath = '/caisson'
/** Written last: a volume that has it is whole. */
const completeFile = '.complete'

/** One file of the volume. */
interface Item {
  readonly name: string
  readonly sizeBytes: number
  readonly mode: number
  readonly open: () => Readable
}

interface Content {
  readonly items: readonly Item[]
  readonly version: string
}

/**
 * The volume that carries the daemon to the engine's machine, filled once per version of its content. `imageId` may be any image that the engine
 * has: engines open volumes only through a container.
 */
export async function daemonVolume(engine: Engine, namespace: string, imageId: string): Promise<DaemonPlace> {
  return await engine.remember(key, async () => {
    const { items, version } = await content()
    const volume = volumeOf({ items, version })
    const mountpoint = await createVolume(engine, volume, { labels: commonLabels(namespace, 'daemon-volume') })
    const helper = { name: `caisson-fill-${version}`, namespace, imageId, volume: { name: volume, path: mountPath } }
    await withHelper(engine, helper, async (container) => {
      if ((await statPath(engine, container, `${mountPath}/${completeFile}`)) !== undefined) return
      await putTar(
        engine,
        container,
        mountPath,
        async (archive) => await fill(archive, [...items, textItem(completeFile, '')]),
      )
    })
    return { volume, mountpoint }
  })
}

/**
 * Looks whether the volume with the daemon is what it was. Whoever tidies up an engine may remove it, and the engine then makes an empty one for the
 * next container. Says whether it was lost: then it is forgotten, and `daemonVolume` fills another.
 */
export async function forgetLostDaemon(engine: Engine): Promise<boolean> {
  const volume = volumeOf(await content())
  const found = (await listEngineVolumes(engine, { name: [volume] })).find(({ Name }) => Name === volume)
  if (found?.Labels?.[label.role] === 'daemon-volume' || !engine.forget(key)) return false
  if (found !== undefined) await removeEngineVolume(engine, volume)
  return true
}

/** Hashing the daemon takes most of a second: done once for each state in which its files are seen. */
const contents = new Map<string, Promise<Content>>()

async function content(): Promise<Content> {
  const { items: bundle, state } = await bundleItems(bundleDirectory())
  const items = [...bundle, textItem(seccompFile, JSON.stringify(seccompProfile())), textItem(hostsFile, hosts)]
  const known = contents.get(state) ?? contentHash(items).then((version) => ({ items, version }))
  contents.set(state, known)
  known.catch(() => contents.delete(state))
  return await known
}

function volumeOf({ version }: Content): string {
  return `caisson-daemon-${version}`
}

const hosts = '127.0.0.1 localhost sandbox\n::1 localhost\n'

/** The files, and what the file system says of them: that changes when one of them does. */
async function bundleItems(directory: string): Promise<{ readonly items: readonly Item[]; readonly state: string }> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const files = await Promise.all(
    paths.sort().map(async (path) => {
      const { size, mode, mtimeMs, ino } = await stat(path)
      const item: Item = {
        name: path.slice(directory.length + 1),
        sizeBytes: size,
        mode: mode & 0o111 ? 0o755 : 0o644,
        open: () => createReadStream(path),
      }
      return { item, state: [path, size, mode, mtimeMs, ino] }
    }),
  )
  return { items: files.map(({ item }) => item), state: JSON.stringify(files.map(({ state }) => state)) }
}

function textItem(name: string, text: string): Item {
  return { name, sizeBytes: Buffer.byteLength(text), mode: 0o644, open: () => Readable.from([Buffer.from(text)]) }
}

async function contentHash(items: readonly Item[]): Promise<string> {
  const hash = createHash('sha256')
  for (const { name, sizeBytes, mode, open } of items) {
    hash.update(JSON.stringify([name, sizeBytes, mode]))
    for await (const chunk of open()) hash.update(chunk)
  }
  return hash.digest('hex').slice(0, 32)
}

async function fill(archive: Pack, items: readonly Item[]): Promise<void> {
  for (const { name, sizeBytes, mode, open } of items) {
    await pipeline(open(), archive.entry({ name, size: sizeBytes, mode, uid: 0, gid: 0 }))
  }
}
