import { createWriteStream } from 'node:fs'
import { lstat, mkdir, symlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gib, SandboxError } from '@caisson/core'
import { extract, type Header } from 'tar-stream'

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
  for (const archive of archives) {
    const parser = extract()
    const reading = pipeline(Readable.fromWeb(archive as Parameters<typeof Readable.fromWeb>[0]), parser)
    // Its failure comes out of the loop as well.
    reading.catch(() => undefined)
    try {
      for await (const entry of parser) {
        const { header } = entry
        bytes += header.size ?? 0
        entries += 1
        if (bytes > longestBytes || entries > mostEntries) throw refused(header, 'is too much for one build')
        const path = join(folder, pathOf(header))
        if (header.type === 'symlink') links.push({ path, target: header.linkname ?? '' })
        else if (header.type === 'directory') await mkdir(path, { recursive: true })
        else if (header.type === 'file') {
          await mkdir(dirname(path), { recursive: true })
          await pipeline(entry, createWriteStream(path, { mode: (header.mode ?? 0o644) & 0o777 }))
          continue
        } else throw refused(header, `is a ${header.type ?? 'thing of no kind'}, which cannot be copied`)
        entry.resume()
      }
    } catch (error) {
      if (error instanceof SandboxError) throw error
      throw new SandboxError('invalid-argument', 'local', 'the files to copy are not a whole archive (tar)', {
        cause: error,
      })
    }
    await reading
  }
  for (const { path, target } of links) {
    const isThere = await lstat(path).catch(() => undefined)
    if (isThere !== undefined) continue
    await mkdir(dirname(path), { recursive: true })
    await symlink(target, path)
  }
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
