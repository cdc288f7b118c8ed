import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CaissonClient, createClient } from '@caisson/client'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

const started = new Set<ChildProcess>()

/** Ends what a failed test left. */
export async function endOrchestrators(): Promise<void> {
  for (const child of started) {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
}

export interface OrchestratorProcess {
  readonly client: CaissonClient
  /** `output` is all that it printed, its log included. */
  readonly kill: (
    signal: 'SIGKILL' | 'SIGTERM',
  ) => Promise<{ readonly exitCode: number | null; readonly output: string }>
}

/** The orchestrator as a process of its own, as people start it. */
export async function startOrchestrator(
  stateDirectory: string,
  port: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<OrchestratorProcess> {
  const child = spawn(process.execPath, ['--conditions=@caisson/source', main], {
    env: {
      PATH: process.env['PATH'],
      CAISSON_STATE_DIR: stateDirectory,
      CAISSON_ADAPTERS: 'local',
      CAISSON_PORT: String(port),
      CAISSON_LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.add(child)
  const exited = once(child, 'exit').finally(() => started.delete(child))
  let output = ''
  const ready = new Promise<boolean>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (output.includes('Caisson listens on')) resolve(true)
      })
    }
    void exited.then(() => resolve(false))
  })
  if (!(await ready)) throw new Error(`the orchestrator did not start: ${output}`)
  const apiKey = (await readFile(join(stateDirectory, 'admin-key'), 'utf8')).trim()
  return {
    client: createClient({ url: `http://127.0.0.1:${port}`, apiKey }),
    kill: async (signal) => {
      child.kill(signal)
      await exited
      return { exitCode: child.exitCode, output }
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('there is no free port')
  return address.port
}
