import { type Decision, type Operation, OperationError } from '@caisson/core'
import { coordinateBatch } from '../batches/coordinate-batch.ts'
import { agentsParallel } from '../runners/agents-parallel.ts'
import { documentParse } from '../runners/document-parse.ts'
import { httpRequest } from '../runners/http-request.ts'
import { runCell } from '../runners/run-cell.ts'
import { runTask } from '../runners/run-task.ts'
import type { RunnerContext, RunnerResult } from '../runners/runner.ts'
import type { Work } from '../work.ts'
import { callHost } from './call-host.ts'
import { runnerContext } from './runner-context.ts'

/** Carries the decision out: in the host function of the caller, or by the runner of the operation's kind in sandboxes. */
export async function execute(work: Work, decision: Decision): Promise<RunnerResult> {
  if (decision.placement.kind === 'host') return await callHost(work)
  const { operation } = work
  if (operation.kind === 'batch.run') return await coordinateBatch(work, operation)
  return await runInSandbox(operation, runnerContext(work, decision))
}

async function runInSandbox(
  operation: Exclude<Operation, { kind: 'batch.run' }>,
  context: RunnerContext,
): Promise<RunnerResult> {
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
