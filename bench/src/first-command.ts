import { runProcess, type Sandbox } from '@caisson/core'
import { timed } from './measure.ts'

/** One command that does nothing, to its end. */
export async function runTrue(sandbox: Sandbox): Promise<void> {
  const { outcome } = await runProcess(sandbox, { argv: ['true'] })
  if (outcome.kind !== 'exited' || outcome.code !== 0) throw new Error(`"true" ended as ${JSON.stringify(outcome)}`)
}

/** Milliseconds from before a sandbox is there to the end of its first command. It is destroyed off the clock. */
export async function timeFirstCommand(create: () => Sandbox | Promise<Sandbox>): Promise<number> {
  let end = async () => {}
  const elapsedMs = await timed(async () => {
    const sandbox = await create()
    end = async () => void (await sandbox.destroy())
    await runTrue(sandbox)
  })
  await end()
  return elapsedMs
}
