import { createMemoryAdapter } from '@caisson/conformance/memory'
import { expect, test } from 'vitest'
import { onlyUser } from '../src/index.ts'

test('code and files of another user are refused everywhere, those of the one user are not', async () => {
  await using sandbox = onlyUser(await createMemoryAdapter().create({}), 'user')
  const { files, processes } = sandbox
  const root = { user: 'root' }
  const attempts = [
    processes.spawn({ argv: ['true'], ...root }),
    files.write('/tmp/a', new Uint8Array(), root),
    files.read('/tmp/a', root),
    files.stat('/tmp', root),
    files.list('/tmp', root),
    files.makeDirectory('/tmp/b', root),
    files.move('/tmp/a', '/tmp/c', root),
    files.remove('/tmp/a', root),
    files.watch('/tmp', root),
  ]
  for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'unsupported', field: 'user' })
  await files.write('/tmp/a', new Uint8Array(3), { user: 'user' })
  expect((await files.stat('/tmp/a')).sizeBytes).toBe(3)
  await expect(sandbox.restricted().files.stat('/tmp', root)).rejects.toMatchObject({ code: 'unsupported' })
})
