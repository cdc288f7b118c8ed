import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createLocalAdapter } from '@caisson/adapter-local'
import { expect, it } from 'vitest'

const example = fileURLToPath(new URL('../src/in-process.ts', import.meta.url))
const { status, reason = '' } = await createLocalAdapter().probe()
const cannot = status === 'unavailable' ? ` (cannot run here: ${reason})` : ''

it.skipIf(cannot !== '')(`analyses real data with code that nobody has read, without a server${cannot}`, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@caisson/source', example])
  expect(stdout).toContain("status: 'succeeded'")
  expect(stdout).toContain('rain 641')
  expect(stdout).toMatch(/why: \[\s*'/)
})

it('takes less than 40 lines', async () => {
  expect((await readFile(example, 'utf8')).split('\n').length).toBeLessThan(40)
})
