import type { Sandbox } from '@caisson/core'

/** Ends everything that was started in a sandbox, as a restart of its machine would. Files stay. */
export async function endProcesses({ processes }: Sandbox): Promise<void> {
  const running = await processes.list()
  await Promise.all(
    running.map(async ({ pid }) => {
      const process = await processes.attach(pid)
      await process.output.cancel()
      await process.cancel()
    }),
  )
}
