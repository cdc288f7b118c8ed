import { readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { concatBytes, isSandboxError } from '@caisson/core'
import { type Broken, changeFiles } from './wrap.ts'

async function fromHost(path: string): Promise<ReadableStream<Uint8Array> | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  return bytes === undefined ? undefined : ReadableStream.from([new Uint8Array(bytes)])
}

export const brokenFiles: readonly Broken[] = [
  {
    name: 'ignores the mode',
    breaks: ['files.write-mode', 'processes.path-lookup', 'users.files'],
    change: changeFiles((files) => ({
      write: async (path, data, options) => await files.write(path, data, { ...options, mode: undefined }),
    })),
  },
  {
    name: 'reads from the host what is not in the sandbox',
    breaks: ['isolation.host-files-api'],
    change: changeFiles((files) => ({
      read: async (path, options) => {
        try {
          return await files.read(path, options)
        } catch (error) {
          const stream = path.includes('conformance-') ? await fromHost(path) : undefined
          if (stream === undefined) throw error
          return stream
        }
      },
    })),
  },
  {
    name: 'resolves links on the host',
    breaks: ['isolation.host-symlink'],
    change: changeFiles((files) => ({
      read: async (path, options) => {
        const info = await files.stat(path, options).catch(() => undefined)
        const stream = info?.target?.startsWith('/') === true ? await fromHost(info.target) : undefined
        return stream ?? (await files.read(path, options))
      },
    })),
  },
  {
    name: 'writes to the host as well',
    breaks: ['isolation.host-write'],
    change: changeFiles((files) => ({
      write: async (path, data, options) => {
        if (dirname(path).includes('/conformance-')) await writeFile(path, 'leaked').catch(() => undefined)
        return await files.write(path, data, options)
      },
    })),
  },
  {
    name: 'does not shorten a file that it writes anew',
    breaks: ['files.write-replaces'],
    change: changeFiles((files) => ({
      write: async (path, data, options) => {
        const before = await files.read(path, options).then(
          async (stream) => concatBytes(await Array.fromAsync(stream)),
          () => new Uint8Array(),
        )
        const longer = data instanceof Uint8Array && before.byteLength > data.byteLength
        return await files.write(path, longer ? concatBytes([data, before.subarray(data.byteLength)]) : data, options)
      },
    })),
  },
  {
    name: 'throws a plain error',
    breaks: ['files.missing'],
    change: changeFiles((files) => ({
      list: async (path, options) => {
        try {
          return await files.list(path, options)
        } catch (error) {
          if (!isSandboxError(error) || error.code !== 'path-not-found') throw error
          throw new Error('ENOENT', { cause: error })
        }
      },
    })),
  },
  {
    name: 'waits for a named pipe',
    breaks: ['files.read-fifo'],
    change: changeFiles((files) => ({
      read: async (path, options) => {
        const info = await files.stat(path, options).catch(() => undefined)
        if (info?.type === 'other' && info.name === 'pipe') await new Promise(() => undefined)
        return await files.read(path, options)
      },
    })),
  },
  {
    name: 'ignores the deadline',
    breaks: ['cancellation.calls-late'],
    change: changeFiles((files) => ({
      write: async (path, data, options) => await files.write(path, data, { ...options, deadline: undefined }),
    })),
  },
  {
    name: 'watches the directory alone',
    breaks: ['watch.recursive'],
    change: changeFiles((files) => ({
      watch: async (path, options) => await files.watch(path, { ...options, recursive: false }),
    })),
  },
]
