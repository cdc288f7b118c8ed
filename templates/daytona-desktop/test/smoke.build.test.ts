import { createLocalAdapter } from '@caisson/adapter-local'
import { smokeTest } from '@caisson/template-builder/testing'
import { resolve } from 'node:path'
import { test } from 'vitest'

const directory = resolve(import.meta.dirname, '..')

test('a sandbox of it has what its README promises', { timeout: 600_000 }, async ({ skip }) => {
  await smokeTest({ directory, createAdapter: createLocalAdapter, skip })
})
