import { ConnectError } from '@caisson/wire-e2b'
import { attributesOf, readAttributes, removeAttribute, setAttribute } from '../libc.ts'

export type Metadata = Readonly<Record<string, string>>

const headerPrefix = 'x-metadata-'
/** Where E2B keeps what callers say about a file, so that programs in the sandbox see it too. */
const attributePrefix = 'user.e2b.'
const mostEntries = 64

/** What a request says about the files that it brings: its headers `X-Metadata-<name>`. */
export function metadataOf(headers: Headers): Metadata {
  const found = [...headers].filter(([name]) => name.startsWith(headerPrefix) && name.length > headerPrefix.length)
  if (found.length > mostEntries)
    throw new ConnectError('invalid_argument', `there are more than ${mostEntries} metadata headers`)
  return Object.fromEntries(found.map(([name, value]) => [name.slice(headerPrefix.length), value]))
}

/** Replaces all that was said of an open file before. Call it with the user's rights. */
export function writeMetadata(descriptor: number, metadata: Metadata): void {
  for (const name of attributesOf(descriptor)) {
    const known = name.startsWith(attributePrefix) ? name.slice(attributePrefix.length) : undefined
    if (known !== undefined && !(known in metadata)) removeAttribute(descriptor, name)
  }
  for (const [name, value] of Object.entries(metadata))
    if (!setAttribute(descriptor, attributePrefix + name, value))
      throw new ConnectError('failed_precondition', `the file system here keeps no metadata such as '${name}'`)
}

/** What is said of a path. Undefined when nothing is. */
export function readMetadata(path: string): Metadata | undefined {
  const metadata = readAttributes(path, attributePrefix)
  return Object.keys(metadata).length === 0 ? undefined : metadata
}
