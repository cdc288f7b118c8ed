import { createLocalAdapter } from '@caisson/adapter-local'
import { decodeText, runShell, type Sandbox } from '@caisson/core'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { gvisorState, whyNoGvisor } from './support/gvisor.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNoGvisor()
const program = fileURLToPath(new URL('./support/changer.ts', import.meta.url))

async function countOf(sandbox: Sandbox): Promise<number> {
  return Number(decodeText((await runShell(sandbox, 'cat ~/count')).stdout))
}

describe.skipIf(reason !== undefined)(
  `a gVisor sandbox whose changer is killed${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    const state = temporaryState()

    it.each([
      ['pause', [40, 250, 500, 900]],
      ['fork', [300, 900]],
    ] as const)(
      'by %s at any moment goes on with its memory, and is left alone with nothing beside it',
      async (change, moments) => {
        await using adapter = createLocalAdapter({ tier: 'gvisor', stateDirectory: state, preparedSandboxes: 0 })
        const sandbox = await adapter.create({ ttlMs: 3_600_000 })
        await sandbox.processes.spawn({
          argv: ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo $i >~/next; mv ~/next ~/count; sleep 0.02; done'],
        })
        await vi.waitFor(async () => expect(await countOf(sandbox)).toBeGreaterThan(0), 10_000)
        let least = 0
        for (const afterMs of moments) {
          const words = ['--conditions=@caisson/source', program, state, sandbox.id, change]
          const changer = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
          await once(changer.stdout, 'data')
          await delay(afterMs)
          changer.kill('SIGKILL')
          await once(changer, 'exit')
          await sandbox.resume?.()
          expect((await sandbox.info()).state).toBe('running')
          const count = await countOf(sandbox)
          expect(count).toBeGreaterThanOrEqual(least)
          await vi.waitFor(async () => expect(await countOf(sandbox)).toBeGreaterThan(count), 10_000)
          least = count
        }
        // A fork that lived when its maker died lives on: it is not a sweep's to end.
        await adapter.sweep?.()
        for await (const { id } of adapter.list()) if (id !== sandbox.id) await adapter.destroy(id)
        expect(readdirSync(`${gvisorState(state)}/sandboxes`)).toEqual([sandbox.id])
        expect(await sandbox.destroy()).toBe('destroyed')
      },
      180_000,
    )
  },
)
