import { type Decision, type Operation, OperationError } from '@caisson/core'
import { agentsParallel } from '../runners/agents-parallel.ts'
import { batchRun } from '../runners/batch-run.ts'
import { documentParse } from '../runners/document-parse.ts'
import { httpRequest } from '../runners/http-request.ts'
import { runCell } from '../runners/run-cell.ts'
import { runTask } from '../runners/run-task.ts'
import type { RunnerContext, RunnerResult } from '../runners/runner.ts'
import { readStoredOutput } from '../runs/read-stored-output.ts'
import type { Work } from '../work.ts'
import { callHost } from './call-host.ts'
import { collect } from './collect.ts'
import { inSandbox } from './in-sandbox.ts'
import { openContent } from './resolve-content.ts'

/** Carries the decision out: in the host function of the caller, or by the runner of the operation's kind in sandboxes. */
export async function execute(work: Work, decision: Decision): Promise<RunnerResult> {
  if (decision.placement.kind === 'host') return await callHost(work)
  return await runInSandbox(work.operation, contextOf(work, decision))
}

async function runInSandbox(operation: Operation, context: RunnerContext): Promise<RunnerResult> {
  const { timeoutMs } = operation
  switch (operation.kind) {
    case 'code.execute':
      return operation.input.stateful === true
        ? await runCell(operation, context)
        : await runTask(operation, context, { timeoutMs, field: 'input' })
    case 'command.run':
      return await runTask(operation, context, { timeoutMs, field: 'input' })
    case 'document.parse':
      return await documentParse(operation, context)
    case 'http.request':
      return await httpRequest(operation, context)
    case 'agents.parallel':
      return await agentsParallel(operation, context)
    case 'batch.run':
      return await batchRun(operation, context)
    case 'tool.call': {
      const { task } = operation.input
      if (task === undefined) {
        throw new OperationError('invalid-operation', `the tool ${operation.input.tool} has no task for a sandbox`, {
          field: 'input.task',
        })
      }
      return await runTask(task, context, { timeoutMs, field: 'input.task.input' })
    }
    case 'database.read':
    case 'entity.write':
      throw new OperationError('invalid-operation', `${operation.kind} runs on the host and nowhere else`, {
        field: 'kind',
        remedy: 'place it on the host in the policy',
      })
  }
}

function contextOf(work: Work, decision: Decision): RunnerContext {
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
    progress: async (done, total, note) => {
      const event = { type: 'progress', atMs: clock.now(), done, total } as const
      await stores.events.append(organization, run, [note === undefined ? event : { ...event, note }])
    },
    storedOutput: (source) => readStoredOutput(stores.events, { organization, run, source }),
  }
}
