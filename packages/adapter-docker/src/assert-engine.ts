import { SandboxError } from '@caisson/core'
import type { Context } from './context.ts'
import type { EngineFacts } from './engine-facts.ts'
import { isolationOf } from './runtime.ts'

/** Refuses an engine that would hold less than this adapter declares. */
export function assertEngineHolds({ engine, capabilities, runtime }: Context, facts: EngineFacts): void {
  const refuse = (message: string, remedy: string): never => {
    throw new SandboxError('unsupported', engine.adapter, message, { remedy })
  }
  if (!facts.seccomp) refuse('the engine does not filter system calls', 'use an engine that is built with seccomp')
  // Whether the size of volumes is held shows when one is made.
  const missing = capabilities.limits.filter((limit) => limit !== 'volume' && !facts.limits.includes(limit))
  if (missing.length > 0) {
    const held = capabilities.limits.filter((limit) => facts.limits.includes(limit))
    refuse(
      `the engine holds no limit on ${missing.join(', ')}`,
      `run the engine as root or with delegated control groups, or declare less: \`limits: ${JSON.stringify(held)}\``,
    )
  }
  const program = runtime === undefined ? undefined : facts.runtimes.get(runtime)
  if (runtime !== undefined && (program === undefined || isolationOf(program) !== capabilities.isolation)) {
    refuse(
      `the engine would not run sandboxes under ${runtime}`,
      facts.kind === 'docker'
        ? `add the runtime to the engine's daemon.json: it knows ${[...facts.runtimes.keys()].join(', ')}`
        : `Podman's service uses one runtime for all containers: start it with \`podman --runtime ${runtime} system service\``,
    )
  }
}
