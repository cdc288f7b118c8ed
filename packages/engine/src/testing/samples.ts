import {
  type Approval,
  approvalIdSchema,
  artifactIdSchema,
  decisionIdSchema,
  freshId,
  leaseIdSchema,
  operationSchema,
  organizationIdSchema,
  type Price,
  type RunEvent,
  runIdSchema,
  sandboxIdSchema,
} from '@caisson/core'
import type { NewArtifact } from '../ports/artifact-store.ts'
import type { NewRunEvent } from '../ports/event-store.ts'
import type { Lease } from '../ports/lease-store.ts'
import type { RunRecord } from '../ports/run-store.ts'

export const acme = organizationIdSchema.parse('acme')
export const globex = organizationIdSchema.parse('globex')

export function sampleRun(overrides: Partial<RunRecord['run']> = {}): RunRecord {
  return {
    run: {
      id: runIdSchema.parse(freshId()),
      organization: acme,
      kind: 'command.run',
      status: 'queued',
      attempts: [],
      artifacts: [],
      usage: { leasedMs: 0, costUsd: 0 },
      createdAtMs: 1_000,
      ...overrides,
    },
    operation: operationSchema.parse({ kind: 'command.run', input: { argv: ['true'] } }),
    operationHash: 'a'.repeat(64),
    requester: { agent: 'agent-1' },
    cancelRequested: false,
    version: 1,
  }
}

export function sampleOutput(text: string, offset: number, source = ''): NewRunEvent {
  return {
    type: 'output',
    atMs: 5,
    source,
    stream: 'stdout',
    offset,
    base64: Buffer.from(text).toString('base64'),
  }
}

export function sampleApproval(overrides: Partial<Approval> = {}): Approval {
  return {
    id: approvalIdSchema.parse(freshId()),
    organization: acme,
    run: runIdSchema.parse(freshId()),
    decision: decisionIdSchema.parse(freshId()),
    kind: 'entity.write',
    bindingHash: 'b'.repeat(64),
    summary: 'write customer 7',
    state: 'pending',
    requestedAtMs: 1_000,
    expiresAtMs: 2_000,
    ...overrides,
  }
}

export function sampleArtifact(): NewArtifact {
  return { id: artifactIdSchema.parse(freshId()), run: runIdSchema.parse(freshId()), path: 'out/chart.png' }
}

export function sampleLease(overrides: Partial<Lease> = {}): Lease {
  return {
    id: leaseIdSchema.parse(freshId()),
    organization: acme,
    run: runIdSchema.parse(freshId()),
    slot: '',
    adapter: 'memory',
    owner: 'engine-1',
    startedAtMs: 1_000,
    agent: 'helper',
    kind: 'command.run',
    cpus: 2,
    memoryBytes: 1024 ** 3,
    diskBytes: 1024 ** 3,
    price: samplePrice,
    expiresAtMs: 61_000,
    estimateUsd: 0.001,
    ...overrides,
  }
}

/** What makes a second of a sample lease cost a whole dollar. */
const samplePrice: Price = {
  currency: 'USD',
  perCpuHour: 1_800,
  perGibHour: 0,
  perPausedGibHour: 360,
  source: 'made up',
  asOf: '2026-11-21',
}

export const sampleSandbox = () => sandboxIdSchema.parse(freshId())

export function streamOf(...parts: readonly string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(parts.map((part) => new TextEncoder().encode(part)))
}

export function sequencesOf(events: readonly RunEvent[]): readonly number[] {
  return events.map(({ sequence }) => sequence)
}
