import { restrict, type Sandbox, SandboxError, type SandboxId } from '@caisson/core'
import { type ChannelOptions, createChannel } from './channel.ts'
import { createCode } from './code.ts'
import { createDaemonCalls } from './daemon-calls.ts'
import { withDaemonLink } from './daemon-link.ts'
import { createFiles } from './files.ts'
import { createLine } from './line.ts'
import { createPorts } from './ports.ts'
import { createProcesses } from './processes.ts'

/** What only the adapter can do for a sandbox: it stands outside. */
export type Lifecycle = Pick<Sandbox, 'info' | 'extend' | 'destroy'> &
  Partial<Pick<Sandbox, 'pause' | 'resume' | 'snapshot' | 'fork' | 'metrics' | 'setEgress'>>

export interface DaemonSandboxOptions extends ChannelOptions {
  readonly id: SandboxId
  /** Name of the adapter, for errors. */
  readonly adapter: string
  readonly lifecycle: Lifecycle
  /** Asked when the daemon does not answer; rejects with `sandbox-not-found` when the sandbox is over. Default: the lifecycle's `info`. */
  readonly confirm?: Sandbox['info'] | undefined
  /** The one user that callers may act as, for who passes the daemon's protocol on. Default: any. */
  readonly onlyUser?: string | undefined
}

/** A sandbox in which our daemon runs. The daemon is hostile until its words are checked; nothing it says is used as a path of the host. */
export function createDaemonSandbox({
  id,
  adapter,
  lifecycle,
  confirm = lifecycle.info,
  onlyUser,
  ...connection
}: DaemonSandboxOptions): Sandbox {
  const channel = createChannel(connection)
  const calls = createDaemonCalls(adapter, channel, async () => await confirm({ deadline: Date.now() + 5000 }))
  const line = createLine(calls)
  const detach = async () => channel.close(new SandboxError('cancelled', adapter, 'this handle was detached'))
  const destroy: Sandbox['destroy'] = async (options) => {
    const outcome = await lifecycle.destroy(options)
    channel.close(new SandboxError('sandbox-not-found', adapter, `sandbox ${id} was destroyed`))
    return outcome
  }
  const sandbox: Sandbox = {
    id,
    adapter,
    processes: createProcesses(calls, line),
    files: createFiles(calls),
    code: createCode(calls, line),
    ports: createPorts(calls),
    ...lifecycle,
    destroy,
    detach,
    restricted: () => restrict(sandbox),
    [Symbol.asyncDispose]: async () => void (await destroy()),
  }
  return withDaemonLink(sandbox, { ...connection, onlyUser })
}
