import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface RunningService extends AsyncDisposable {
  readonly url: string
  readonly apiKey: string
}

/** The service as `npm start` has it, with a state and a port of its own. */
export async function startService(): Promise<RunningService> {
  const orchestrator = fileURLToPath(new URL('../../../apps/orchestrator/src/main.ts', import.meta.url))
  const directory = await mkdtemp(join(tmpdir(), 'caisson-example-'))
  const env = {
    PATH: process.env['PATH'],
    CAISSON_STATE_DIR: directory,
    CAISSON_PORT: '0',
    CAISSON_LOG_LEVEL: 'warn',
    CAISSON_ADAPTERS: 'local',
  }
  const child = spawn(process.execPath, ['--conditions=@caisson/source', orchestrator], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const dispose = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    await rm(directory, { recursive: true })
  }
  try {
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const [, address] = /listens on (\S+)/.exec(text) ?? []
        if (address !== undefined) resolve(address)
      })
      child.on('exit', () => reject(new Error('the service did not start')))
    })
    const apiKey = (await readFile(join(directory, 'admin-key'), 'utf8')).trim()
    return { url, apiKey, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}
