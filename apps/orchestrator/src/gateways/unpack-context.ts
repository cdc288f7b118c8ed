import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { lstat, mkdir, symlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { gib, SandboxError } from '@caisson/core'
import { extract, type ExtractEvents, type Header } from 'tar-stream'

const longestBytes = 4 * gib
const mostEntries = 200_000

/**
 * Unpacks clients' archives below a folder. Links are made when everything else is there, so that nothing is written through one; what is neither file, folder nor
 * symbolic link, and every name that leads out of the folder, is `invalid-argument`.
 */
export async function unpackContexts(folder: string, archives: readonly ReadableStream<Uint8Array>[]): Promise<void> {
  const links: { readonly path: string; readonly target: string }[] = []
  let bytes = 0
  let entries = 0
  const take = async (header: Header, entry: Entry): Promise<void> => {
    bytes += header.size
    entries += 1
    if (bytes > longestBytes || entries > mostEntries) throw refused(header, 'is too much for one build')
    const path = join(folder, pathOf(header))
    if (header.type === 'symlink') links.push({ path, target: header.linkname })
    else if (header.type === 'directory') await mkdir(path, { recursive: true })
    else if (header.type === 'file') {
      await mkdir(dirname(path), { recursive: true })
      await pipeline(entry, createWriteStream(path, { mode: header.mode & 0o777 }))
      return
    } else throw refused(header, `is a ${header.type}, which cannot be copied`)
    entry.resume()
  }
  for (const archive of archives) await readArchive(archive, take)
  for (const { path, target } of links) {
    const isThere = await lstat(path).catch(() => undefined)
    if (isThere !== undefined) continue
    await mkdir(dirname(path), { recursive: true })
    await symlink(target, path)
  }
}

type Entry = ExtractEvents['entry'][1]

/** Hands out one entry after the other. What is no whole archive is `invalid-argument`. */
async function readArchive(
  archive: ReadableStream<Uint8Array>,
  take: (header: Header, entry: Entry) => Promise<void>,
): Promise<void> {
  const parser = extract()
  const over = Promise.withResolvers<undefined>()
  let current: Entry | undefined
  // The listener stays: an archive that breaks off says so when nobody waits any more.
  parser.on('error', (error: Error) => {
    current?.destroy(error)
    over.reject(error)
  })
  parser.on('finish', () => over.resolve(undefined))
  parser.on('entry', (header: Header, entry: Entry, goOn: () => void) => {
    current = entry
    entry.on('error', () => undefined)
    take(header, entry).then(
      () => goOn(),
      (error: unknown) => parser.destroy(error instanceof Error ? error : new Error('not taken')),
    )
  })
  try {
    await Promise.all([over.promise, feed(archive, parser)])
  } catch (error) {
    if (error instanceof SandboxError) throw error
    throw new SandboxError('invalid-argument', 'local', 'the files to copy are not a whole archive (tar)', {
      cause: error,
    })
  } finally {
    parser.destroy()
  }
}

async function feed(archive: ReadableStream<Uint8Array>, parser: ReturnType<typeof extract>): Promise<void> {
  for await (const part of archive) {
    if (parser.destroyed) return
    if (!parser.write(part)) await Promise.race(['drain', 'close'].map(async (event) => await once(parser, event)))
  }
  parser.end(null)
}

function pathOf(header: Header): string {
  const name = normalize(header.name.replace(/^[/\\]+/, ''))
  if (name === '..' || name.startsWith('../') || isAbsolute(name) || name.includes('\0'))
    throw refused(header, 'leads out of the folder')
  return name
}

function refused({ name }: Header, why: string): SandboxError {
  return new SandboxError('invalid-argument', 'local', `the archive of files to copy: ${JSON.stringify(name)} ${why}`)
}
