import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultPolicy } from '@caisson/router'
import { stringify } from 'yaml'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { watchedPolicy } from '../src/services/policy-file.ts'

const logger = { info: vi.fn(), warn: vi.fn() }
let directory: string
let path: string
let writes = 0

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caisson-policy-'))
  path = join(directory, 'policy.yaml')
})
afterEach(async () => await rm(directory, { recursive: true }))

async function write(text: string): Promise<void> {
  await writeFile(path, text)
  writes += 1
  await utimes(path, writes, writes)
}
const version = (name: string) => stringify({ ...defaultPolicy.document, version: name })

it('is the default one without a file', async () => {
  expect(await (await watchedPolicy(undefined, logger))()).toBe(defaultPolicy)
})

it('is read again when the file changes, and stays when the change is faulty', async () => {
  await write(version('a'))
  const policy = await watchedPolicy(path, logger)
  expect((await policy()).version).toBe('a')
  await write(version('b'))
  expect((await policy()).version).toBe('b')
  await write('rules: nonsense')
  expect((await policy()).version).toBe('b')
  expect(logger.warn).toHaveBeenCalledWith(
    expect.objectContaining({ path }),
    expect.stringContaining('last good policy'),
  )
  await write(version('c'))
  expect((await policy()).version).toBe('c')
})

it('is refused at the start when it is faulty', async () => {
  await write('rules: nonsense')
  await expect(watchedPolicy(path, logger)).rejects.toMatchObject({ code: 'invalid-policy' })
})
