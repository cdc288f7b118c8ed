import { createDockerAdapter } from '@caisson/adapter-docker'
import { type ConformanceTarget, pythonPrograms } from '@caisson/conformance'
import { freshId } from '@caisson/core'
import { secretBox } from './secret-box.ts'
import { type EngineKind, isRunning, startEngine, stopEngine } from './engines.ts'

/** An engine of this machine as a target of the command line. What is started for it ends with this program. */
export async function engineTarget(kind: EngineKind): Promise<ConformanceTarget> {
  const before = await isRunning(kind)
  const engine = await startEngine(kind)
  if (!before) endWithProgram(() => stopEngine(kind))
  if ('reason' in engine) throw new Error(engine.reason)
  const { socketPath, image } = engine
  const namespace = freshId('c')
  return {
    name: kind,
    createAdapter: () =>
      createDockerAdapter({
        name: kind,
        engine: { socketPath },
        namespace,
        templates: { base: { image } },
        limits: ['cpus', 'memory', 'pids', 'volume'],
        secretBox,
      }),
    programs: pythonPrograms,
  }
}

function endWithProgram(end: () => void): void {
  process.once('exit', end)
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.once(signal, () => process.exit(128 + number))
  }
}
