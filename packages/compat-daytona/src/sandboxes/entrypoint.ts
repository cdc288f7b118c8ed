import { isSandboxError, mib, type Process, type Sandbox } from '@caisson/core'
import type { SandboxEnv } from './record.ts'
import { withEnv } from './entry.ts'

const tag = 'daytona-entrypoint'
const journalBytes = 4 * mib

/** Starts the program that an image or a snapshot says runs in its sandboxes. It belongs to the sandbox. */
export async function startEntrypoint(
  sandbox: Sandbox,
  { entrypoint, env }: { readonly entrypoint: readonly string[] | undefined; readonly env: SandboxEnv },
): Promise<void> {
  const [program, ...words] = entrypoint ?? []
  if (program === undefined) return
  const process = await sandbox.processes.spawn(withEnv(env, { argv: [program, ...words], tag, journalBytes }))
  await process.output.cancel()
}

/** The program, running or ended a while ago. */
export async function findEntrypoint(sandbox: Sandbox): Promise<Process | undefined> {
  try {
    return await sandbox.processes.attach(tag)
  } catch (error) {
    if (isSandboxError(error) && error.code === 'process-not-found') return undefined
    throw error
  }
}
