import { fileURLToPath } from 'node:url'
import { SandboxError } from '@caisson/core'
import { execa } from 'execa'

const scripts = fileURLToPath(new URL('../../../../../infra/provision', import.meta.url))

/** Whether the component's service runs. */
export async function isRunning(component: string): Promise<boolean> {
  return (await run(component, 'status')).exitCode === 0
}

/** Does it, and resolves with the answers. Rejects with `runtime-missing` when the machine cannot, with the command that mends it. */
export async function provision(
  component: string,
  action: 'install' | 'start' | 'stop',
): Promise<ReadonlyMap<string, string>> {
  const { exitCode, stdout, stderr } = await run(component, action)
  if (exitCode === 0) {
    return new Map(
      stdout.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
  }
  const said = stderr.trim().split('\n').slice(-6)
  const command = said.find((line) => line.trim().startsWith('sudo '))?.trim()
  throw new SandboxError('runtime-missing', component, `${component} is not available here:\n${said.join('\n')}`, {
    remedy: command ?? `see why: sh infra/provision/${component}.sh ${action}`,
  })
}

async function run(component: string, action: string) {
  return await execa('sh', [`${scripts}/${component}.sh`, action], { reject: false, stdin: 'ignore' })
}
