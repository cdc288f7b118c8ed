import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import { smokeTest } from '@caisson/template-builder/testing'
import { afterAll, test } from 'vitest'

const directory = resolve(import.meta.dirname, '..')
const repository = resolve(directory, '../..')
const templateState = join(repository, '.caisson/templates')
const sandboxState = mkdtempSync(join(tmpdir(), 'caisson-smoke-'))
afterAll(() => rmSync(sandboxState, { recursive: true, force: true }))

test('a sandbox of it has what its README promises', { timeout: 900_000 }, async ({ skip }) => {
  await smokeTest({
    directory,
    build: false,
    stateDirectory: templateState,
    base: { script: join(repository, 'infra/base-image/debian.sh'), directory: join(templateState, 'bases') },
    createAdapter: (templates) => createLocalAdapter({ stateDirectory: sandboxState, templates, preparedSandboxes: 0 }),
    skip,
  })
})
