import { encodeText, type FileEvent, type FileWatch, isSandboxError } from '@caisson/core'
import { ensure, eventually, pause, rejects, same, within } from '../kit/assert.ts'
import type { Checks, Kit } from '../kit/kit.ts'
import { directory, nonce, output } from '../kit/programs.ts'

interface Seen {
  readonly events: readonly FileEvent[]
  readonly end: Promise<unknown>
  readonly until: (what: string, matches: (event: FileEvent) => boolean) => Promise<void>
}

function collect(kit: Kit, watch: FileWatch): Seen {
  const events: FileEvent[] = []
  const read = async (): Promise<unknown> => {
    try {
      for await (const event of watch) events.push(event)
      return undefined
    } catch (error) {
      return error
    }
  }
  kit.defer(async () => await watch[Symbol.asyncDispose]())
  return {
    events,
    end: read(),
    until: async (what, matches) => {
      await eventually(`an event of ${what}`, 5000, async () => await Promise.resolve(events.some(matches)))
    },
  }
}

export const watchChecks: Checks = {
  'watch.events': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const seen = collect(kit, await sandbox.files.watch(path))
    await sandbox.files.write(`${path}/made`, encodeText('x'))
    await seen.until('creating', (event) => event.type === 'create' && event.path === 'made')
    await output(sandbox, `echo more >> ${path}/made`)
    await seen.until('writing', (event) => event.type === 'write' && event.path === 'made')
    await output(sandbox, `rm ${path}/made`)
    await seen.until('removing', (event) => event.type === 'remove' && event.path === 'made')
  },

  'watch.rename': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await sandbox.files.write(`${path}/old`, encodeText('x'))
    const seen = collect(kit, await sandbox.files.watch(path))
    await output(sandbox, `mv ${path}/old ${path}/new`)
    await seen.until('the old name', ({ type, path: at }) => at === 'old' && (type === 'rename' || type === 'remove'))
  },

  'watch.recursive': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const seen = collect(kit, await sandbox.files.watch(path, { recursive: true }))
    await output(sandbox, `mkdir ${path}/later`)
    await seen.until('the new directory', (event) => event.path === 'later')
    await output(sandbox, `sleep 0.2; mkdir ${path}/later/deeper; sleep 0.2; echo x > ${path}/later/deeper/file`)
    await seen.until('a file below it', (event) => event.path === 'later/deeper/file')
  },

  'watch.flat': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await sandbox.files.makeDirectory(`${path}/sub`)
    const seen = collect(kit, await sandbox.files.watch(path))
    await output(sandbox, `echo x > ${path}/sub/file; echo x > ${path}/top`)
    await seen.until('the file above', (event) => event.path === 'top')
    await pause(100)
    same(
      seen.events.filter((event) => event.path.includes('/')),
      [],
      'events from further below',
    )
  },

  'watch.dispose': async (kit) => {
    const sandbox = await kit.shared()
    const watch = await sandbox.files.watch(await directory(sandbox))
    const seen = collect(kit, watch)
    await watch[Symbol.asyncDispose]()
    same(await within(3000, seen.end, 'the end of the iteration'), undefined, 'error at the end')
  },

  'watch.missing': async (kit) => {
    const sandbox = await kit.shared()
    await rejects(async () => await sandbox.files.watch(`/tmp/${nonce()}`), 'path-not-found', 'watch')
  },

  'watch.sandbox-ends': async (kit) => {
    const sandbox = await kit.fresh()
    const seen = collect(kit, await sandbox.files.watch('/tmp'))
    await sandbox.destroy()
    const error = await within(5000, seen.end, 'the end of the iteration')
    ensure(isSandboxError(error) && error.code === 'sandbox-not-found', `the iteration ended with ${String(error)}`)
  },
}
