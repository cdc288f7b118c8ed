import { createDockerAdapter } from '@caisson/adapter-docker'
import { defineConformance, pythonPrograms } from '@caisson/conformance'
import { freshId } from '@caisson/core'
import { afterAll, beforeAll, describe, inject, it } from 'vitest'
import { secretBox } from './support/secret-box.ts'

/** Each engine, reached the way that is quickest on its own machine and the way that works with any. */
const targets = [
  { name: 'docker', kind: 'docker', connection: 'direct' },
  { name: 'docker over exec', kind: 'docker', connection: 'exec' },
  { name: 'podman', kind: 'podman', connection: 'direct' },
  { name: 'podman over exec', kind: 'podman', connection: 'exec' },
] as const

/** What depends on how the daemon is reached. */
const throughTheDaemon = [
  'processes',
  'streams',
  'attach',
  'terminal',
  'files',
  'watch',
  'code',
  'ports',
  'cancellation',
]

for (const { name, kind, connection } of targets) {
  const engine = inject('engines').find((candidate) => candidate.kind === kind)
  if (engine === undefined || 'reason' in engine) {
    it.skip(`conformance of ${name} : ${engine?.reason ?? 'no engine'}`, () => undefined)
    continue
  }
  const { socketPath, image } = engine
  const namespace = freshId('t')
  const createAdapter = () =>
    createDockerAdapter({
      name: kind,
      engine: { socketPath },
      namespace,
      connection,
      templates: { base: { image } },
      limits: ['cpus', 'memory', 'pids', 'volume'],
      secretBox,
    })
  const only = connection === 'exec' ? throughTheDaemon : undefined
  defineConformance({ name, createAdapter, programs: pythonPrograms }, { describe, it, beforeAll, afterAll }, { only })
}
