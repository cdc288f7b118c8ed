import type { Labels, SandboxAdapter, SandboxId, SandboxInfo } from '@caisson/core'
import { ensure, rejects } from './assert.ts'

export async function listed(adapter: SandboxAdapter, labels?: Labels): Promise<SandboxInfo[]> {
  return await Array.fromAsync(adapter.list({ labels }))
}

export async function isGone(adapter: SandboxAdapter, id: SandboxId): Promise<boolean> {
  return !(await listed(adapter)).some((info) => info.id === id)
}

export async function ensureGone(adapter: SandboxAdapter, id: SandboxId): Promise<void> {
  await rejects(async () => await adapter.connect(id), 'sandbox-not-found', 'connect')
  ensure(await isGone(adapter, id), 'the sandbox is still listed')
}
