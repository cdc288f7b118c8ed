import { createHash } from 'node:crypto'
import type { OrganizationId } from '@caisson/core'
import { DaytonaError } from '../daytona-error.ts'
import type { DaytonaHost } from '../host.ts'

/** What clients upload for their Dockerfiles to copy: one archive (tar) per hash. */
export interface Contexts {
  readonly has: (organization: OrganizationId, hash: string) => Promise<boolean>
  /** 400 when it was not uploaded. */
  readonly read: (organization: OrganizationId, hash: string) => Promise<ReadableStream<Uint8Array>>
  /** `part`: of an upload in several, which `join` makes one. */
  readonly put: (place: ContextPlace, data: ReadableStream<Uint8Array>) => Promise<void>
  readonly join: (place: ContextPlace, parts: readonly number[]) => Promise<void>
  readonly remove: (place: ContextPlace, parts: readonly number[]) => Promise<void>
}

export interface ContextPlace {
  readonly organization: OrganizationId
  readonly hash: string
  /** Of an upload in several parts. */
  readonly upload?: string | undefined
  readonly part?: number | undefined
}

export function createContexts({ blobs }: DaytonaHost): Contexts {
  const read = async (place: ContextPlace): Promise<ReadableStream<Uint8Array>> => {
    const found = await blobs.get(place.organization, blobId(place))
    if (found !== undefined) return found
    throw new DaytonaError(400, `the files of ${place.hash} were not uploaded`)
  }
  const put: Contexts['put'] = async (place, data) => {
    await blobs.remove(place.organization, blobId(place))
    await blobs.put(place.organization, blobId(place), data)
  }
  const remove: Contexts['remove'] = async (place, parts) => {
    for (const part of parts) await blobs.remove(place.organization, blobId({ ...place, part }))
  }
  return {
    put,
    remove,
    read: async (organization, hash) => await read({ organization, hash }),
    has: async (organization, hash) => {
      const found = await blobs.get(organization, blobId({ organization, hash }))
      await found?.cancel()
      return found !== undefined
    },
    join: async ({ upload, ...place }, parts) => {
      async function* joined(): AsyncGenerator<Uint8Array> {
        for (const part of parts) yield* await read({ ...place, upload, part })
      }
      await put(place, ReadableStream.from(joined()))
      await remove({ ...place, upload }, parts)
    },
  }
}

function blobId({ organization, hash, upload = '', part = 0 }: ContextPlace): string {
  const told = JSON.stringify([organization, hash, upload, part])
  return `context${createHash('sha256').update(told).digest('hex').slice(0, 40)}`
}
