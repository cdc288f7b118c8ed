import { constants } from 'node:os'
import { type CallOptions, type OutputChunk, type Process, type ProcessResult, SandboxError } from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import type { Follower } from './follow.ts'
import { createInput } from './input.ts'
import type { KeeperLink } from './link.ts'

/** A process as core shows it. */
export function createProcess(link: KeeperLink, follower: Follower): Process {
  const { pid, input } = follower
  const tell = async (line: string, options: CallOptions = {}): Promise<void> => {
    await within(link.adapter, options, async () => await follower.tell(line))
  }
  return {
    pid,
    output: outputOf(follower),
    ...(input === 'none' ? {} : { stdin: createInput(follower) }),
    wait: async (options = {}): Promise<ProcessResult> =>
      await within(link.adapter, options, async () => await follower.result),
    signal: async (signal, options) => await tell(`s${constants.signals[signal]}`, options),
    cancel: async (options) => await tell('c', options),
    resize: async ({ columns, rows }, options) => {
      if (input !== 'terminal') throw new SandboxError('unsupported', link.adapter, `process ${pid} has no terminal`)
      await tell(`r${rows} ${columns}`, options)
    },
  }
}

function outputOf(follower: Follower): ReadableStream<OutputChunk> {
  return new ReadableStream<OutputChunk>(
    {
      pull: async (controller) => {
        const chunk = await follower.next()
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel: () => follower.stop(),
    },
    { highWaterMark: 0 },
  )
}

/** Waits for something as long as the caller wants to. */
async function within<Value>(adapter: string, options: CallOptions, work: () => Promise<Value>): Promise<Value> {
  using scope = createCallScope(adapter, options)
  scope.signal.throwIfAborted()
  const late = Promise.withResolvers<never>()
  const giveUp = (): void => late.reject(scope.signal.reason)
  scope.signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([work(), late.promise])
  } finally {
    scope.signal.removeEventListener('abort', giveUp)
  }
}
