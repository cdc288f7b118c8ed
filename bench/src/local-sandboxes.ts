import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import type { SandboxAdapter } from '@caisson/core'

/** A local adapter with a state directory of its own, which goes with it. */
export interface LocalSandboxes extends AsyncDisposable {
  readonly adapter: SandboxAdapter
  readonly stateDirectory: string
}

export async function openLocalSandboxes(): Promise<LocalSandboxes> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'caisson-bench-'))
  const adapter = createLocalAdapter({ stateDirectory })
  return {
    adapter,
    stateDirectory,
    [Symbol.asyncDispose]: async () => {
      for await (const { id } of adapter.list()) await adapter.destroy(id)
      await adapter[Symbol.asyncDispose]()
      await rm(stateDirectory, { recursive: true, force: true })
    },
  }
}
