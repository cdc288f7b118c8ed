import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, vi } from 'vitest'
import { leftovers } from './machine.ts'

/** A state directory for one test file, and the proof afterwards that no process, mount, loop device, control group or folder is left. */
export function temporaryState(): string {
  const directory = mkdtempSync(join(tmpdir(), 'caisson-local-'))
  afterAll(async () => {
    await vi.waitFor(() => expect(leftovers(directory)).toEqual([]), { timeout: 15_000 })
    rmSync(directory, { recursive: true })
  })
  return directory
}
