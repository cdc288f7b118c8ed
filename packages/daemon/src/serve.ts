import { chmodSync, unlinkSync } from 'node:fs'
import { httpError } from './connect-protocol.ts'
import { readConfigLine, takeConfig, type Wake } from './config.ts'
import { defaultDirectory } from './directory.ts'
import { errnoOf } from './errno.ts'
import { createHandler } from './handler.ts'
import { dropGroups, forbidNewPrivileges, forbidTracing } from './libc.ts'
import { createLifetime } from './lifetime.ts'
import { closeEgress, reopenEgress, serveEgressProxy } from './network/egress-proxy.ts'
import { type Peer, webSocketHandlers } from './network/web-socket.ts'
import { guardMemory } from './process/memory-guard.ts'
import { createProcessTable } from './process/process-table.ts'
import { hasSocketOnDisk, isSuspension, suspend } from './suspension.ts'

const jitReluctance = 10

export interface ServeOptions {
  readonly directory?: string | undefined
  /** Takes the configuration from the standard input, and says `ready` on the standard output. */
  readonly configFromStdin?: boolean | undefined
}

/** Runs the daemon until its lifetime is over or it gets SIGTERM or SIGINT. Either ends all that it has started. */
export function serve({ directory = defaultDirectory, configFromStdin = false }: ServeOptions): void {
  forbidTracing()
  if (process.getuid?.() === 0) dropGroups()
  process.umask(0o022)
  // Compiled code would cost more memory than the little that this program computes is worth.
  Bun.unsafe.setJITPolicy(jitReluctance)
  const config = configFromStdin ? readConfigLine() : takeConfig(`${directory}/config.json`)
  if (!config.newPrivileges) forbidNewPrivileges()
  const processes = createProcessTable()
  const socket = `${directory}/daemon.sock`
  removeSocket(socket)
  if (config.memoryLimitBytes !== undefined) guardMemory(config.memoryLimitBytes)
  let hasEgress = false
  const openEgress = (): void => {
    if (!hasEgress) serveEgressProxy(`${directory}/egress.sock`)
    hasEgress = true
  }
  if (config.egressProxy) openEgress()
  const lifetime = createLifetime(() => void stop())
  const handle = createHandler(config, processes, lifetime)

  const listen = (): Bun.Server<Peer> => {
    // @ts-expect-error -- The types deny `idleTimeout` to unix sockets, which honour it.
    const opened = Bun.serve<Peer>({
      unix: socket,
      // Otherwise a stream that is silent for ten seconds is cut off.
      idleTimeout: 0,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: async (request, itself) =>
        isSuspension(request, config.accessToken) ? answerAndSuspend() : await handle(request, itself),
      websocket: webSocketHandlers,
      error: () => new Response(null, { status: 500 }),
    })
    // The directory says who may reach it: its owner is another user where the host has no root.
    chmodSync(socket, 0o666)
    return opened
  }
  let server = listen()

  const answerAndSuspend = (): Response => {
    if (hasSocketOnDisk(directory)) return httpError(409, 'a program has bound a socket to a name on the disk')
    setTimeout(() => suspend(directory, { close, open }), 1)
    return new Response(null, { status: 204 })
  }
  const close = (): void => {
    closeEgress()
    void server.stop(true)
    removeSocket(socket)
  }
  const open = ({ accessToken, env, egressProxy }: Wake): void => {
    config.accessToken = accessToken
    config.env = env ?? config.env
    reopenEgress()
    if (egressProxy) openEgress()
    server = listen()
  }

  const stop = async (): Promise<void> => {
    void server.stop(true)
    await Promise.all(processes.running().map(async (managed) => await managed.kill('cancelled')))
    removeSocket(socket)
    process.exit(0)
  }
  // A fault in one request must not take the sandbox along.
  process.on('unhandledRejection', report)
  process.on('uncaughtException', report)
  process.on('SIGTERM', () => void stop())
  process.on('SIGINT', () => void stop())
  if (config.lifetimeMs !== undefined) lifetime.set(config.lifetimeMs)
  if (configFromStdin) process.stdout.write('ready\n')
}

function report(error: unknown): void {
  process.stderr.write(`caisson daemon: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}

function removeSocket(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}
