import { closeSync, fchmodSync, ftruncateSync, write } from 'node:fs'
import { ConnectError, type FilesWritten } from '@caisson/wire-e2b'
import { asUser } from '../as-user.ts'
import type { User } from '../user.ts'
import { notePassed } from '../garbage.ts'
import { type Metadata, metadataOf, writeMetadata } from './metadata.ts'
import { readMultipart } from './multipart.ts'
import { openToWrite } from './open-regular.ts'
import { baseName, resolvePath } from './paths.ts'

const defaultMode = 0o644

/** For whom files are written. */
export interface Writer {
  readonly user: User
  /** Who writes where the user may not, if anybody. */
  readonly elevated: User | undefined
}

/** `POST /files`: writes the body, or every file of a form, as it comes in. */
export async function upload(
  request: Request,
  query: URLSearchParams,
  { user, elevated }: Writer,
): Promise<FilesWritten> {
  const path = query.get('path')
  const mode = parseMode(query.get('mode'))
  const how = { user, elevated, mode, metadata: metadataOf(request.headers) }
  const body = decompress(request)
  const [type = '', ...parameters] = (request.headers.get('content-type') ?? '').split(';')
  if (type.trim().toLowerCase() !== 'multipart/form-data') {
    if (path === null) throw new ConnectError('invalid_argument', 'the path is missing')
    return [await writeFile(resolvePath(path, user), body, how)]
  }
  const boundary = /^\s*boundary="?([^"]{1,200})"?\s*$/.exec(
    parameters.find((item) => /^\s*boundary=/.test(item)) ?? '',
  )?.[1]
  if (boundary === undefined) throw new ConnectError('invalid_argument', 'the form has no boundary')
  const written: FilesWritten = []
  for await (const part of readMultipart(body, boundary)) {
    if (part.name !== 'file') continue
    const target = path ?? part.filename
    if (target === undefined) throw new ConnectError('invalid_argument', 'a file of the form has no name')
    written.push(await writeFile(resolvePath(target, user), part.body, how))
  }
  return written
}

function parseMode(text: string | null): number | undefined {
  if (text === null) return undefined
  if (!/^[0-7]{1,3}$/.test(text)) throw new ConnectError('invalid_argument', `mode '${text}' is not within 0777`)
  return Number.parseInt(text, 8)
}

function decompress(request: Request): AsyncIterable<Uint8Array> {
  const body = request.body ?? new ReadableStream<Uint8Array>({ start: (controller) => controller.close() })
  const encoding = request.headers.get('content-encoding') ?? 'identity'
  if (encoding === 'identity') return body
  if (encoding === 'gzip') return body.pipeThrough(new DecompressionStream('gzip'))
  throw new ConnectError('invalid_argument', `the encoding '${encoding}' is not supported`)
}

async function writeFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  { user, elevated, mode, metadata }: Writer & { readonly mode: number | undefined; readonly metadata: Metadata },
): Promise<FilesWritten[number]> {
  const { descriptor, created, by } = openToWrite(path, user, { mode: mode ?? defaultMode, elevated })
  try {
    if (created || mode !== undefined) asUser(by, () => fchmodSync(descriptor, mode ?? defaultMode))
    if (!created) ftruncateSync(descriptor)
    asUser(by, () => writeMetadata(descriptor, metadata))
    for await (const bytes of content) {
      await writeAll(descriptor, bytes)
      notePassed(bytes.byteLength)
    }
  } finally {
    closeSync(descriptor)
  }
  const about = Object.keys(metadata).length === 0 ? {} : { metadata }
  return { name: baseName(path), path, type: 'file', ...about }
}

async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.byteLength;) {
    start += await new Promise<number>((resolve, reject) => {
      write(descriptor, bytes, start, bytes.byteLength - start, null, (error, count) =>
        error === null ? resolve(count) : reject(error),
      )
    })
  }
}
