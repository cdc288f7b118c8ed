import { createMemoryAdapter } from '@caisson/conformance/memory'
import type { Run } from '@caisson/core'
import { createEngine, type Engine, type EngineOptions } from '@caisson/engine'
import { beforeAll, onTestFinished } from 'vitest'
import { engineGate, type Gate } from '../../src/index.ts'

export const acme = { organization: 'acme', agent: 'agent-1' }

/** The first inspection of a process loads its thread, which a busy machine may not do in time; what is not inspected counts as risky. */
beforeAll(async () => {
  await using engine = createEngine({ adapters: [] })
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    const { findings } = await engine.decide({ kind: 'tool.call', input: { tool: 'warm-up' } }, acme)
    if (findings.length === 0) return
  }
  throw new Error('inspection does not become ready')
}, 90_000)

export interface Given {
  readonly engine: Engine
  readonly gate: Gate
  /** What was asked for, with what became of it. */
  readonly runs: readonly Run[]
  /** Answers the next question that waits. */
  readonly answer: (verdict: 'grant' | 'deny') => Promise<void>
}

/** An engine with its default policy over sandboxes in memory. Afterwards none may be left running. */
export function given(options: Partial<EngineOptions> = {}): Given {
  const engine = createEngine({ adapters: [createMemoryAdapter({ name: 'memory' })], ...options })
  onTestFinished(async () => await engine.close())
  const runs: Run[] = []
  const inner = engineGate(engine, acme)
  return {
    engine,
    runs,
    gate: {
      run: async (operation, options) => {
        const run = await inner.run(operation, options)
        runs.push(run)
        return run
      },
    },
    answer: async (verdict) => {
      const deadline = Date.now() + 20_000
      for (;;) {
        const [approval] = await engine.approvals.list(acme, { state: 'pending' })
        if (approval !== undefined) {
          await engine.approvals[verdict](approval.id, acme, { by: 'bob', reason: 'I said so' })
          return
        }
        if (Date.now() > deadline) throw new Error('nobody was asked')
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
  }
}
