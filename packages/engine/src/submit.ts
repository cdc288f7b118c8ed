import {
  freshId,
  OperationError,
  operationSchema,
  type OperationInput,
  type OrganizationId,
  organizationIdSchema,
  parseOrThrow,
  type Operation,
  type OperationOf,
  runIdSchema,
} from '@caisson/core'
import { operationHash } from '@caisson/router'
import type { RunContext } from './engine.ts'
import type { RunRecord } from './ports/run-store.ts'
import type { Services } from './services.ts'

export function parseOrganization({ organization }: RunContext): OrganizationId {
  return parseOrThrow(organizationIdSchema, organization, 'forbidden', 'organization')
}

/** The operation with its defaults, or an error that names the field. */
export function parseOperation(input: OperationInput): Operation {
  const operation = parseOrThrow(operationSchema, input, 'invalid-operation', 'operation')
  if (operation.kind !== 'agents.parallel') return operation
  const names = operation.input.agents.map(({ name }) => name)
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index)
  if (twice >= 0) {
    throw new OperationError('invalid-operation', `two agents have the name ${names[twice]}`, {
      field: `input.agents.${twice}.name`,
    })
  }
  return withQuery(operation)
}

/** Every agent with what all of them work on, so that whoever looks at a task sees what it reads. */
function withQuery(operation: OperationOf<'agents.parallel'>): Operation {
  const { query, agents } = operation.input
  if (query === undefined) return operation
  return { ...operation, input: { ...operation.input, agents: agents.map((agent) => asked(agent, query)) } }
}

type Agent = OperationOf<'agents.parallel'>['input']['agents'][number]
type AgentTask = Agent['task']

function asked(agent: Agent, query: string): Agent {
  return { ...agent, task: askedOf(agent.task, query) }
}

function askedOf(task: AgentTask, query: string): AgentTask {
  switch (task.kind) {
    case 'code.execute':
      return { ...task, input: { ...task.input, stdin: task.input.stdin ?? query } }
    case 'command.run':
      return { ...task, input: { ...task.input, stdin: task.input.stdin ?? query } }
  }
}

/** Stores a new run, or finds the one that this submission already became. */
export async function submit(
  { stores, clock, ownerId, limits }: Services,
  input: OperationInput,
  context: RunContext,
  runId: string | undefined,
): Promise<{ readonly record: RunRecord; readonly created: boolean }> {
  const organization = parseOrganization(context)
  const operation = parseOperation(input)
  const id = parseOrThrow(runIdSchema, runId ?? freshId(), 'invalid-operation', 'runId')
  const nowMs = clock.now()
  const hash = operationHash(operation)
  const { agent, agentName, traceparent } = context
  const stored = await stores.runs.create(
    {
      run: {
        id,
        organization,
        kind: operation.kind,
        status: 'queued',
        attempts: [],
        artifacts: [],
        usage: { leasedMs: 0, costUsd: 0 },
        createdAtMs: nowMs,
      },
      operation,
      operationHash: hash,
      requester: { agent, agentName, traceparent },
      cancelRequested: false,
      claim: { owner: ownerId, untilMs: nowMs + limits.claimMs },
      version: 1,
    },
    {
      events: [{ type: 'status', atMs: nowMs, status: 'queued' }],
      audit: {
        organization,
        run: id,
        atMs: nowMs,
        action: 'run.submitted',
        actor: agent,
        details: { kind: operation.kind, operation: hash },
      },
    },
  )
  if (stored.record.operationHash !== hash) {
    throw new OperationError('conflict', `run ${id} exists and is another operation`, {
      field: 'runId',
      remedy: 'use a fresh id for each operation',
    })
  }
  return stored
}
