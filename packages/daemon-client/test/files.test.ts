import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import {
  encodeText,
  type FileEvent,
  type FileWatch,
  mib,
  readFileBytes,
  readFileText,
  runShell,
  type Sandbox,
} from '@caisson/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '@caisson/daemon/testing'
import { openSandbox, type TestSandbox } from './support/open-sandbox.ts'

let opened: TestSandbox
let sandbox: Sandbox
let home: string
beforeAll(async () => {
  opened = await openSandbox()
  sandbox = opened.sandbox
  home = opened.daemon.home
})
afterAll(async () => await opened[Symbol.asyncDispose]())

/** Blocks that differ from one another, as a stream that is made while it is read. */
function manyBlocks(count: number): { readonly stream: ReadableStream<Uint8Array>; readonly hash: () => string } {
  const hash = createHash('sha256')
  let block = 0
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (block === count) return controller.close()
        const bytes = new Uint8Array(mib).fill(block)
        block += 1
        hash.update(bytes)
        controller.enqueue(bytes)
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, hash: () => hash.digest('hex') }
}

describe('a file', () => {
  it('is written with its parents and read back', async () => {
    const info = await sandbox.files.write('new/deep/file.txt', encodeText('hello'))
    expect(info).toMatchObject({ name: 'file.txt', path: join(home, 'new/deep/file.txt'), type: 'file', sizeBytes: 5 })
    expect(info.mode).toBe(0o644)
    expect(Math.abs(info.modifiedAtMs - Date.now())).toBeLessThan(60_000)
    expect(await readFileText(sandbox, '~/new/deep/file.txt')).toBe('hello')
  })

  it('is replaced as a whole, and keeps its mode unless another is given', async () => {
    await sandbox.files.write('replaced', encodeText('a longer text'), { mode: 0o600 })
    await sandbox.files.write('replaced', encodeText('short'))
    expect(await readFileText(sandbox, 'replaced')).toBe('short')
    expect((await sandbox.files.stat('replaced')).mode).toBe(0o600)
    expect((await sandbox.files.write('replaced', encodeText('x'), { mode: 0o755 })).mode).toBe(0o755)
    await expect(sandbox.files.write('replaced', encodeText('x'), { mode: 0o4755 })).rejects.toMatchObject({
      code: 'invalid-argument',
    })
  })

  it('can be empty', async () => {
    expect((await sandbox.files.write('empty', new Uint8Array())).sizeBytes).toBe(0)
    expect((await readFileBytes(sandbox, 'empty')).byteLength).toBe(0)
  })

  it('that the kernel makes up is read to its end', async () => {
    expect(await readFileText(sandbox, '/proc/cpuinfo')).toContain('processor')
  })

  it('of 100 MB goes in and out unharmed while the memory of both sides stays flat', async () => {
    const daemonKib = (): number =>
      Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${opened.daemon.process.pid}/status`, 'utf8'))?.[1])
    await sandbox.files.write('warm-up', manyBlocks(8).stream)
    const daemonBefore = daemonKib()
    const { stream, hash } = manyBlocks(100)
    let peak = 0
    const before = process.memoryUsage.rss()
    const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5)
    expect((await sandbox.files.write('big', stream)).sizeBytes).toBe(100 * mib)
    const read = createHash('sha256')
    for await (const part of await sandbox.files.read('big')) read.update(part)
    clearInterval(sampling)
    expect(read.digest('hex')).toBe(hash())
    expect(daemonKib() - daemonBefore).toBeLessThan(48 * 1024)
    expect(peak - before).toBeLessThan(80 * mib)
  }, 30_000)

  it('that is only begun to be read does no harm', async () => {
    const reader = (await sandbox.files.read('/proc/cpuinfo')).getReader()
    await reader.read()
    await reader.cancel()
    expect(await readFileText(sandbox, 'replaced')).toBe('x')
  })

  it.each([
    { what: 'a missing file', path: 'missing', code: 'path-not-found' },
    { what: 'a directory', path: '.', code: 'is-a-directory' },
    { what: 'something below a file', path: 'replaced/x', code: 'not-a-directory' },
    { what: 'a pipe that nobody writes to', path: 'pipe', code: 'invalid-argument' },
    { what: 'a device', path: '/dev/zero', code: 'invalid-argument' },
    { what: 'a link to itself', path: 'loop', code: 'invalid-argument' },
    { what: 'the empty path', path: '', code: 'invalid-argument' },
    { what: 'a path with NUL', path: 'a\0b', code: 'invalid-argument' },
    { what: 'a path that is too long', path: 'x/'.repeat(3000), code: 'invalid-argument' },
  ])('cannot be read when it is $what', async ({ path, code }) => {
    if (path === 'pipe') execFileSync('mkfifo', [join(home, 'pipe')])
    if (path === 'loop') symlinkSync('loop', join(home, 'loop'))
    await expect(sandbox.files.read(path)).rejects.toMatchObject({ name: 'SandboxError', code })
  })

  it('is not written where it cannot be', async () => {
    mkdirSync(join(home, 'a-directory'))
    await expect(sandbox.files.write('a-directory', encodeText('x'))).rejects.toMatchObject({ code: 'is-a-directory' })
    await expect(sandbox.files.write('replaced/x', encodeText('x'))).rejects.toMatchObject({ code: 'not-a-directory' })
    await expect(sandbox.files.write('/dev/full', encodeText('x'))).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  it('whose source fails is an error and does not hang', async () => {
    const failing = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('the source failed')),
    })
    await expect(sandbox.files.write('half', failing)).rejects.toThrow(/the source failed/)
  })

  it('is given up when its caller says so', async () => {
    const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(1000)) })
    await expect(sandbox.files.write('endless', endless, { deadline: Date.now() + 100 })).rejects.toMatchObject({
      code: 'timeout',
    })
    const signal = AbortSignal.timeout(50)
    const silent = new ReadableStream<Uint8Array>({ pull: async () => await new Promise(() => undefined) })
    await expect(sandbox.files.write('silent', silent, { signal })).rejects.toMatchObject({ code: 'cancelled' })
  })
})

describe('a directory', () => {
  it('is listed in order and as deep as asked for, and links are not followed', async () => {
    mkdirSync(join(home, 'tree/b/c'), { recursive: true })
    writeFileSync(join(home, 'tree/b/c/deep'), 'x')
    writeFileSync(join(home, 'tree/a'), 'x')
    symlinkSync('/etc', join(home, 'tree/link'))
    const list = async (depth?: number): Promise<string[]> =>
      (await sandbox.files.list('tree', depth === undefined ? {} : { depth })).map(
        ({ path, type }) => `${path.slice(home.length + 6)} ${type}`,
      )
    expect(await list()).toEqual(['a file', 'b directory', 'link symlink'])
    expect(await list(3)).toEqual(['a file', 'b directory', 'b/c directory', 'b/c/deep file', 'link symlink'])
    expect(await sandbox.files.stat('tree/link')).toMatchObject({ type: 'symlink', target: '/etc' })
  })

  it('keeps every name as it is', async () => {
    const names = [
      'a b',
      '-x',
      'ü',
      '日本',
      "it's",
      '"q"',
      'new\nline',
      '\u{1F980}',
      '*',
      '~',
      'x'.repeat(255),
    ].toSorted()
    for (const name of names) await sandbox.files.write(`names/${name}`, encodeText(name))
    expect((await sandbox.files.list('names')).map(({ name }) => name)).toEqual(names)
    for (const name of names) expect(await readFileText(sandbox, `names/${name}`)).toBe(name)
  })

  it('is made once', async () => {
    expect(await sandbox.files.makeDirectory('made/deep')).toBe('created')
    expect(await sandbox.files.makeDirectory('made/deep')).toBe('exists')
    await sandbox.files.write('made/file', encodeText('x'))
    await expect(sandbox.files.makeDirectory('made/file')).rejects.toMatchObject({ code: 'path-exists' })
    await expect(sandbox.files.makeDirectory('made/file/x')).rejects.toMatchObject({ code: 'not-a-directory' })
  })

  it('is none when it is a file', async () => {
    await expect(sandbox.files.list('made/file')).rejects.toMatchObject({ code: 'not-a-directory' })
    await expect(sandbox.files.list('no-such')).rejects.toMatchObject({ code: 'path-not-found' })
  })
})

describe('moving and removing', () => {
  it('renames, makes parents and replaces', async () => {
    await sandbox.files.write('from', encodeText('moved'))
    await sandbox.files.write('there/to', encodeText('old'))
    expect(await sandbox.files.move('from', 'there/to')).toMatchObject({ path: join(home, 'there/to'), sizeBytes: 5 })
    expect(await readFileText(sandbox, 'there/to')).toBe('moved')
    await sandbox.files.move('there/to', 'other/place/file')
    await expect(sandbox.files.move('from', 'x')).rejects.toMatchObject({ code: 'path-not-found' })
  })

  it('goes from one file system to another', async () => {
    if (statSync('/dev/shm').dev === statSync(home).dev) throw new Error('this machine has one file system only')
    const other = `/dev/shm/caisson-${process.pid}`
    await sandbox.files.write(`${other}/a/file`, encodeText('across'))
    await sandbox.files.move(other, 'arrived')
    expect(await readFileText(sandbox, 'arrived/a/file')).toBe('across')
    expect(await sandbox.files.remove(other)).toBe('absent')
  })

  it('removes a tree, a link and not what it points to, and says what was there', async () => {
    await sandbox.files.write('target/kept', encodeText('x'))
    symlinkSync(join(home, 'target'), join(home, 'pointer'))
    expect(await sandbox.files.remove('pointer')).toBe('removed')
    expect(await sandbox.files.remove('pointer')).toBe('absent')
    expect((await sandbox.files.stat('target/kept')).type).toBe('file')
    expect(await sandbox.files.remove('target')).toBe('removed')
    await expect(sandbox.files.stat('target')).rejects.toMatchObject({ code: 'path-not-found' })
  })
})

describe('a watch', () => {
  async function follow(watch: FileWatch): Promise<{ readonly seen: FileEvent[]; readonly ended: Promise<void> }> {
    const seen: FileEvent[] = []
    const reading = async (): Promise<void> => {
      for await (const event of watch) seen.push(event)
    }
    return { seen, ended: reading() }
  }

  const has = (seen: readonly FileEvent[], type: string, path: string): boolean =>
    seen.some((event) => event.type === type && event.path === path)

  it('tells what happens, from the moment it is there', async () => {
    await sandbox.files.makeDirectory('watched')
    const watch = await sandbox.files.watch('watched')
    const { seen, ended } = await follow(watch)
    writeFileSync(join(home, 'watched/a'), 'x')
    chmodSync(join(home, 'watched/a'), 0o600)
    await runShell(sandbox, 'mv watched/a watched/b; rm watched/b')
    await until(() => has(seen, 'remove', 'b'), 'the last event is told')
    for (const [type, path] of [
      ['create', 'a'],
      ['write', 'a'],
      ['chmod', 'a'],
      ['rename', 'a'],
      ['create', 'b'],
    ] as const)
      expect(has(seen, type, path), `${type} ${path}`).toBe(true)
    await watch[Symbol.asyncDispose]()
    await ended
  })

  it('with recursion sees what happens in directories that come later', async () => {
    await sandbox.files.makeDirectory('deep')
    const watch = await sandbox.files.watch('deep', { recursive: true })
    const { seen, ended } = await follow(watch)
    await runShell(sandbox, 'mkdir -p deep/a/b/c; echo 1 > deep/a/b/c/early')
    await until(() => has(seen, 'create', 'a/b/c/early'), 'a file in a new directory is told')
    await runShell(sandbox, 'echo 2 > deep/a/b/c/late; mv deep/a deep/z; echo 3 > deep/z/b/later')
    await until(() => has(seen, 'create', 'z/b/later'), 'a file in a renamed directory is told')
    expect(has(seen, 'create', 'a/b/c/late')).toBe(true)
    await watch[Symbol.asyncDispose]()
    await ended
  })

  it('without recursion sees its own directory only', async () => {
    await sandbox.files.makeDirectory('flat/sub')
    const watch = await sandbox.files.watch('flat')
    const { seen, ended } = await follow(watch)
    await runShell(sandbox, 'echo 1 > flat/sub/x; echo 1 > flat/y')
    await until(() => has(seen, 'create', 'y'), 'its own file is told')
    expect(seen.filter(({ path }) => path.startsWith('sub/'))).toEqual([])
    await watch[Symbol.asyncDispose]()
    await ended
  })

  it('ends with an error when its directory goes', async () => {
    await sandbox.files.makeDirectory('doomed')
    const watch = await sandbox.files.watch('doomed')
    const { ended } = await follow(watch)
    const outcome = expect(ended).rejects.toMatchObject({ code: 'path-not-found' })
    await sandbox.files.remove('doomed')
    await outcome
  })

  it('needs a directory', async () => {
    await expect(sandbox.files.watch('replaced')).rejects.toMatchObject({ code: 'not-a-directory' })
    await expect(sandbox.files.watch('no-such')).rejects.toMatchObject({ code: 'path-not-found' })
  })
})
