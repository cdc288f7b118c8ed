import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { listenAlone } from '../src/gateways/listen.ts'
import { migrateDatabase } from '../src/store/migrate.ts'

const gateway = { handle: () => undefined, upgrade: () => undefined }

it('names the variable of a port that is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    await expect(
      listenAlone(gateway, { host: '127.0.0.1', port, portVariable: 'CAISSON_E2B_PORT' }),
    ).rejects.toMatchObject({
      code: 'conflict',
      field: 'CAISSON_E2B_PORT',
      message: `port ${port} of 127.0.0.1 is taken`,
      remedy: expect.stringContaining('another port'),
    })
  } finally {
    other.close()
  }
})

it('names the variable of an address that this machine does not have', async () => {
  await expect(
    listenAlone(gateway, { host: '192.0.2.1', port: 0, portVariable: 'CAISSON_PORT' }),
  ).rejects.toMatchObject({ code: 'invalid-operation', field: 'CAISSON_HOST' })
})

it.each(['postgres://someone:secret@127.0.0.1:1/there', 'postgres://someone:secret@nowhere.invalid/there'])(
  'names the variable of a database that nobody reaches: %s',
  async (connectionString) => {
    const error: unknown = await migrateDatabase({ connectionString }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({
      code: 'internal',
      field: 'DATABASE_URL',
      remedy: expect.stringContaining('DATABASE_URL'),
    })
    expect(String(error)).not.toContain('secret')
  },
)
