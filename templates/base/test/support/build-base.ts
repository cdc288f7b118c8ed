import { buildForTests } from '@caisson/template-builder/testing'
import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Why the template base did not build, where this machine has all that building needs. */
    readonly baseFailure: string | undefined
  }
}

/** The template that tests of several packages make sandboxes of, before the first of them runs. A build that is over is not done again. */
export default async function setup(project: TestProject): Promise<void> {
  const failure = await buildForTests(resolve(import.meta.dirname, '../..')).then(() => undefined, String)
  project.provide('baseFailure', failure)
}
