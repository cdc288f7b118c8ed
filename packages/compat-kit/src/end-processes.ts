import { runShell, type Sandbox } from '@caisson/core'

/** Ends everything that was started in a sandbox, as a restart of its machine would. Files stay. */
export async function endProcesses(sandbox: Sandbox): Promise<void> {
  const { processes } = sandbox
  const running = await processes.list()
  await Promise.all(
    running.map(async ({ pid }) => {
      const process = await processes.attach(pid)
      await process.output.cancel()
      await process.cancel()
    }),
  )
  // What a program that is over has left behind belongs to nobody, and is listed nowhere.
  await runShell(sandbox, 'kill -KILL -1', { timeoutMs: 10_000 })
}
