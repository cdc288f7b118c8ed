import type { CallOptions, SandboxId, SandboxInfo } from '@caisson/core'
import { type ChannelOptions, waitForDaemon } from '@caisson/daemon-client'
import { setTimeout as sleep } from 'node:timers/promises'
import { findLiving, infoOf, type Scope } from './find-container.ts'

/** A daemon that lives answers within this. */
const answerMs = 500

/** The sandbox's info, or `sandbox-not-found` when it is over: also while the engine, which is slow to notice, still calls it running. */
export async function confirm(
  scope: Scope,
  id: SandboxId,
  connection: ChannelOptions,
  options?: CallOptions,
): Promise<SandboxInfo> {
  for (;;) {
    const found = await findLiving(scope, id, options)
    if (found.state === 'paused' || (await answers(scope, connection))) return infoOf(scope.engine.adapter, found)
    await sleep(20)
  }
}

async function answers({ engine }: Scope, connection: ChannelOptions): Promise<boolean> {
  try {
    await waitForDaemon(engine.adapter, connection, { deadline: Date.now() + answerMs })
    return true
  } catch {
    return false
  }
}
