import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SandboxError } from '@caisson/core'

export interface Service extends AsyncDisposable {
  readonly url: string
  readonly apiKey: string
}

const orchestrator = fileURLToPath(new URL('../../../orchestrator/src/main.ts', import.meta.url))
const hostFunctions = fileURLToPath(new URL('host-functions.ts', import.meta.url))
const startLimitMs = 60_000
const stopLimitMs = 15_000

/** An orchestrator of our own, as a child process on a free port, with everything that it keeps in `directory`. */
export async function startService(directory: string, environment: Readonly<Record<string, string>>): Promise<Service> {
  await mkdir(directory, { recursive: true })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const logPath = join(directory, 'service.log')
  const log = await open(logPath, 'w', 0o600)
  const child = spawn(process.execPath, [...process.execArgv, orchestrator], {
    env: {
      ...process.env,
      CAISSON_HOST: '127.0.0.1',
      CAISSON_PORT: String(port),
      CAISSON_STATE_DIR: directory,
      CAISSON_HOST_FUNCTIONS: hostFunctions,
      CAISSON_POLICY: '',
      DATABASE_URL: '',
      ...environment,
    },
    stdio: ['ignore', log.fd, log.fd],
  })
  await log.close()
  try {
    await untilReady(url, child)
    const apiKey = (await readFile(join(directory, 'admin-key'), 'utf8')).trim()
    return { url, apiKey, [Symbol.asyncDispose]: async () => await stop(child) }
  } catch (cause) {
    await stop(child)
    const lines = (await readFile(logPath, 'utf8')).trim().split('\n').slice(-5).join('\n')
    throw new SandboxError('unavailable', 'caisson', `the service did not start:\n${lines}`, {
      remedy: `see ${logPath}; if its state is damaged, remove ${directory}`,
      cause,
    })
  }
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const givesUpAtMs = Date.now() + startLimitMs
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended')
    if (Date.now() > givesUpAtMs) throw new Error(`it was not ready after ${startLimitMs} ms`)
    const ready = await fetch(`${url}/readyz`).catch(() => undefined)
    if (ready?.ok === true) return
    await delay(50)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
  await ended
  clearTimeout(kill)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('there is no free port')
  return address.port
}
