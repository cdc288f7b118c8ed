import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, vi } from 'vitest'
import { gvisorState } from './gvisor.ts'
import { leftovers } from './machine.ts'

/** A state directory for one test file, and the proof afterwards that no process, mount, loop device, control group or folder is left. */
export function temporaryState(): string {
  const directory = mkdtempSync(join(tmpdir(), 'caisson-local-'))
  afterAll(async () => {
    for (const root of [directory, gvisorState(directory)])
      await vi.waitFor(() => expect(leftovers(root)).toEqual([]), { timeout: 15_000 })
    rmSync(directory, { recursive: true })
  })
  return directory
}
