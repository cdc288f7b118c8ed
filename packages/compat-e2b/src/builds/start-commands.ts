import { runProcess, type Sandbox, secondMs } from '@caisson/core'
import { setTimeout as delay } from 'node:timers/promises'
import { E2bError } from '../e2b-error.ts'
import type { BuildRecord } from './build-record.ts'

const askEveryMs = 200
const readyMs = 60 * secondMs

/** Brings up what a template says runs in its sandboxes, and waits until it is ready. */
export async function runStartCommands(
  sandbox: Sandbox,
  { startCommand, readyCommand }: Pick<BuildRecord, 'startCommand' | 'readyCommand'>,
): Promise<void> {
  if (startCommand !== undefined) {
    const process = await sandbox.processes.spawn({ argv: ['/bin/bash', '-l', '-c', startCommand] })
    await process.output.cancel()
  }
  if (readyCommand === undefined) return
  const endsAtMs = Date.now() + readyMs
  for (;;) {
    const leftMs = endsAtMs - Date.now()
    if (leftMs <= 0) throw new E2bError(503, `the template's ready command did not succeed within ${readyMs} ms`)
    const { outcome } = await runProcess(sandbox, {
      argv: ['/bin/bash', '-l', '-c', readyCommand],
      timeoutMs: leftMs,
    })
    if (outcome.kind === 'exited' && outcome.code === 0) return
    await delay(askEveryMs)
  }
}
