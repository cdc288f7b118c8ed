import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Header, pack } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unpackContexts } from '../src/gateways/unpack-context.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caisson-context-'))
})
afterEach(async () => await rm(folder, { recursive: true, force: true }))

type Entry = Partial<Header> & { readonly name: string; readonly content?: string }

function archiveOf(entries: readonly Entry[]): ReadableStream<Uint8Array> {
  const packing = pack()
  for (const { content = '', ...header } of entries) packing.entry(header, content)
  packing.finalize()
  return ReadableStream.from<unknown>(packing) as ReadableStream<Uint8Array>
}

const inside = (): string => join(folder, 'context')

test('files of several archives come together, absolute names within the folder', async () => {
  const first = archiveOf([
    { name: '/abs/a.txt', content: 'a', mode: 0o4755 },
    { name: 'dir', type: 'directory' },
  ])
  const second = archiveOf([
    { name: 'dir/b.txt', content: 'b' },
    { name: 'link', type: 'symlink', linkname: 'dir/b.txt' },
  ])
  await unpackContexts(inside(), [first, second])
  expect(await readFile(join(inside(), 'abs/a.txt'), 'utf8')).toBe('a')
  expect((await stat(join(inside(), 'abs/a.txt'))).mode & 0o7777).toBe(0o755)
  expect(await readlink(join(inside(), 'link'))).toBe('dir/b.txt')
  expect(await readFile(join(inside(), 'dir/b.txt'), 'utf8')).toBe('b')
})

test.each<readonly [string, readonly Entry[]]>([
  ['a name that leads upwards', [{ name: '../out', content: 'x' }]],
  ['a hidden way up', [{ name: 'a/../../out', content: 'x' }]],
  ['a hard link', [{ name: 'h', type: 'link', linkname: '/etc/passwd' }]],
  ['a device', [{ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }]],
])('%s is refused', async (_, entries) => {
  await expect(unpackContexts(inside(), [archiveOf(entries)])).rejects.toMatchObject({ code: 'invalid-argument' })
  expect(await readdir(folder)).not.toContain('out')
})

test('nothing is written through a link, of the same archive or of an earlier one', async () => {
  const link = { name: 'up', type: 'symlink', linkname: '..' } as const
  await unpackContexts(inside(), [archiveOf([link, { name: 'up/out', content: 'x' }]), archiveOf([link])])
  expect(await readdir(folder)).toEqual(['context'])
  expect(await readFile(join(inside(), 'up/out'), 'utf8')).toBe('x')
})

test('what is no archive, or half of one, is told', async () => {
  for (const bytes of [Buffer.alloc(700, 1), Buffer.from('x')])
    await expect(unpackContexts(inside(), [ReadableStream.from([bytes])])).rejects.toMatchObject({
      code: 'invalid-argument',
    })
  const whole = Buffer.concat(await Array.fromAsync(archiveOf([{ name: 'a', content: 'x'.repeat(5000) }])))
  const half = Readable.toWeb(Readable.from([whole.subarray(0, 2000)])) as ReadableStream<Uint8Array>
  await expect(unpackContexts(inside(), [half])).rejects.toMatchObject({ code: 'invalid-argument' })
})
