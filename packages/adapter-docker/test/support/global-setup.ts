import type { TestProject } from 'vitest/node'
import { isRunning, startEngine, stopEngine, type TestEngine } from './engines.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly engines: readonly TestEngine[]
  }
}

/** Engines for all files of the tier. What was started is stopped, what ran before goes on. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kinds = ['docker', 'podman'] as const
  const before = await Promise.all(kinds.map(isRunning))
  project.provide('engines', [await startEngine('docker'), await startEngine('podman')])
  return async () => {
    for (const [index, kind] of kinds.entries()) if (!before[index]) stopEngine(kind)
  }
}
