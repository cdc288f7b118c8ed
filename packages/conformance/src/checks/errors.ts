import { freshId, sandboxErrorCodes, sandboxIdSchema, type SandboxErrorCode } from '@caisson/core'
import { rejects, same } from '../kit/assert.ts'
import type { Checks, Kit } from '../kit/kit.ts'
import { nonce, start } from '../kit/programs.ts'

/** A failure of each part, by name. */
async function failures(kit: Kit): Promise<Readonly<Record<string, () => Promise<unknown>>>> {
  const sandbox = await kit.shared()
  return {
    connect: async () => await kit.adapter.connect(sandboxIdSchema.parse(freshId())),
    create: async () => await kit.adapter.create({ ttlMs: 1 }),
    spawn: async () => await sandbox.processes.spawn({ argv: [nonce()] }),
    stat: async () => await sandbox.files.stat(`/${nonce()}`),
    extend: async () => await sandbox.extend(kit.capabilities.maxTtlMs * 2),
  }
}

const anyCode: readonly SandboxErrorCode[] = sandboxErrorCodes

export const errorChecks: Checks = {
  'errors.typed': async (kit) => {
    for (const [name, call] of Object.entries(await failures(kit))) {
      const error = await rejects(call, anyCode, name)
      same(error.adapter, kit.adapter.name, `adapter named by the error of ${name}`)
    }
  },

  'errors.not-retryable': async (kit) => {
    for (const [name, call] of Object.entries(await failures(kit))) {
      same((await rejects(call, anyCode, name)).retryable, false, `whether the error of ${name} is retryable`)
    }
  },

  'errors.argv': async (kit) => {
    const sandbox = await kit.shared()
    await rejects(async () => await sandbox.processes.spawn({ argv: ['echo', 'a\0b'] }), 'invalid-argument', 'spawn')
  },

  'errors.env': async (kit) => {
    const sandbox = await kit.shared()
    const wrong: readonly Record<string, string>[] = [{ 'A=B': 'x' }, { '': 'x' }, { A: 'a\0b' }]
    for (const env of wrong) {
      await rejects(async () => await start(sandbox, 'true', { env }), 'invalid-argument', JSON.stringify(env))
    }
  },
}
