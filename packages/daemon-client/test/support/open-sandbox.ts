import type { Duplex } from 'node:stream'
import { type Sandbox, SandboxError, type SandboxId } from '@caisson/core'
import { type TestDaemon, startDaemon } from '@caisson/daemon/testing'
import { createDaemonSandbox, dialUnixSocket, type Lifecycle } from '../../src/index.ts'

export interface TestSandbox extends AsyncDisposable {
  readonly sandbox: Sandbox
  readonly daemon: TestDaemon
}

/** A sandbox over a real daemon that runs as whoever runs the tests. */
export async function openSandbox(
  options: { readonly env?: Readonly<Record<string, string>>; readonly dial?: (daemon: TestDaemon) => Duplex } = {},
): Promise<TestSandbox> {
  const daemon = await startDaemon(options.env === undefined ? {} : { env: options.env })
  const dial = () => options.dial?.(daemon) ?? dialUnixSocket(daemon.directory, 'daemon.sock')
  const sandbox = connectSandbox(daemon, dial)
  return {
    sandbox,
    daemon,
    [Symbol.asyncDispose]: async () => {
      await sandbox.detach()
      await daemon.stop()
    },
  }
}

export function connectSandbox(
  daemon: Pick<TestDaemon, 'accessToken'>,
  dial: () => Duplex,
  lifecycle: Lifecycle = livingSandbox(),
): Sandbox {
  const id = 'sandbox' as SandboxId
  return createDaemonSandbox({ id, adapter: 'test', dial, accessToken: daemon.accessToken, lifecycle })
}

/** The view from outside of a sandbox that is there, or of one that is gone. */
export function livingSandbox(isThere: () => boolean = () => true): Lifecycle {
  const info: Lifecycle['info'] = async () => {
    if (!isThere()) throw new SandboxError('sandbox-not-found', 'test', 'the sandbox is gone')
    return {
      id: 'sandbox' as SandboxId,
      adapter: 'test',
      template: 'host',
      state: 'running',
      createdAtMs: 0,
      expiresAtMs: 0,
      labels: {},
    }
  }
  return { info, extend: async () => await info(), destroy: async () => 'destroyed' }
}
