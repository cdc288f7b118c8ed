import type { Decision } from '@caisson/core'
import { persist } from '../batches/persist.ts'
import type { RunnerContext } from '../runners/runner.ts'
import { readStoredEvents } from '../runs/read-stored-events.ts'
import { readStoredOutput } from '../runs/read-stored-output.ts'
import type { Work } from '../work.ts'
import { collect } from './collect.ts'
import { inSandbox } from './in-sandbox.ts'
import { recall } from './recall.ts'
import { openContent } from './resolve-content.ts'

/** What the runner of a run, or of a part of it, may use. */
export function runnerContext(work: Work, decision: Decision): RunnerContext {
  const { services, run, organization, operation, cancel, stop, output } = work
  const { stores, limits, clock } = services
  return {
    run,
    limits,
    findings: decision.findings,
    resumed: work.resumed,
    endsAtMs: clock.now() + operation.timeoutMs,
    cancel,
    stop,
    now: () => clock.now(),
    output,
    inSandbox: async (options, use) => await inSandbox(work, decision, options, use),
    open: async (content, field) => await openContent(stores.artifacts, organization, { content, field }),
    collect: async (sandbox, wanted) => await collect(work, sandbox, wanted),
    tell: async (events) => {
      const append = async () => await stores.events.append(organization, run, events)
      await persist(append, { clock, forMs: limits.claimMs, stop })
    },
    storedEvents: () => readStoredEvents(stores.events, { organization, run }),
    storedOutput: (source) => readStoredOutput(stores.events, { organization, run, source }),
    recall: async (recalled) => await recall(work, recalled),
  }
}
