import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, chmod, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { timed } from '../measure.ts'

/** Rivet's sandbox-agent, on the host and so without any isolation: the least that an HTTP daemon of that kind costs. */
export interface SandboxAgent extends AsyncDisposable {
  readonly exec: () => Promise<number>
}

const port = 23_418

export async function sandboxAgent(): Promise<SandboxAgent> {
  const directory = await mkdtemp(join(tmpdir(), 'caisson-bench-agent-'))
  const program = join(directory, 'sandbox-agent')
  await copyFile(createRequire(import.meta.url).resolve('@sandbox-agent/cli-linux-x64/bin/sandbox-agent'), program)
  await chmod(program, 0o700)
  const child = spawn(program, ['server', '--no-token', '--no-telemetry', '--host', '127.0.0.1', '--port', `${port}`], {
    stdio: 'ignore',
    cwd: directory,
    env: { HOME: directory, PATH: '/usr/bin:/bin' },
  })
  const url = `http://127.0.0.1:${port}/v1`
  const stop = async () => {
    if (child.exitCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    await rm(directory, { recursive: true, force: true })
  }
  for (let tries = 0; (await fetch(`${url}/health`).catch(() => undefined))?.ok !== true; tries++) {
    if (tries > 100 || child.exitCode !== null) {
      await stop()
      throw new Error('sandbox-agent does not run here')
    }
    await delay(50)
  }
  return {
    exec: async () =>
      await timed(async () => {
        const response = await fetch(`${url}/processes/run`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"command":"true"}',
        })
        if (!response.ok) throw new Error(`sandbox-agent: ${await response.text()}`)
        await response.json()
      }),
    [Symbol.asyncDispose]: stop,
  }
}
