import type { CaissonClient } from '@caisson/client'
import {
  organizationIdSchema,
  type OperationInput,
  type Run,
  type RunEvent,
  runIdSchema,
  decisionIdSchema,
  type Decision,
} from '@caisson/core'
import { createColors } from 'picocolors'
import type { Machine } from '../../src/doctor/machine.ts'
import { runProgram } from '../../src/program.ts'

export const someDecision: Decision = {
  id: decisionIdSchema.parse('d1'),
  kind: 'code.execute',
  operationHash: 'h',
  placement: {
    kind: 'sandbox',
    adapter: 'local',
    isolation: 'container',
    class: 'untrusted',
    egress: { mode: 'none' },
  },
  approval: 'none',
  reasons: [{ code: 'untrusted-code', text: 'Nobody vouches for it.', rule: 'untrusted' }],
  candidates: [{ adapter: 'local', isolation: 'container', verdict: 'chosen', reasons: [] }],
  findings: [],
  policy: { name: 'default', version: '1', hash: 'abcdef0123456789' },
  decidedAtMs: 1,
}

export function someRun(changes: Partial<Run> = {}): Run {
  return {
    id: runIdSchema.parse('run1'),
    organization: organizationIdSchema.parse('acme'),
    kind: 'code.execute',
    status: 'succeeded',
    decision: someDecision,
    attempts: [],
    outcome: { kind: 'exited', code: 0 },
    artifacts: [],
    usage: { leasedMs: 0, costUsd: 0 },
    createdAtMs: 1,
    finishedAtMs: 2,
    ...changes,
  }
}

export function output(text: string, stream: 'stdout' | 'stderr' = 'stdout'): RunEvent {
  const base64 = Buffer.from(text).toString('base64')
  return { type: 'output', sequence: 1, atMs: 1, source: '', stream, offset: 0, base64 }
}

type Parts = { readonly [Name in keyof CaissonClient]?: Partial<CaissonClient[Name]> | CaissonClient[Name] }

/** A service that runs everything to the same end, and remembers what it was asked to run. */
export function fakeService(run: Run, events: readonly RunEvent[] = []) {
  const asked: OperationInput[] = []
  const parts: Parts = {
    runs: {
      run: async (operation, { onEvent } = {}) => {
        asked.push(operation)
        for (const event of events) onEvent?.(event)
        return run
      },
    },
  }
  return { asked, parts }
}

interface CommandLineOptions {
  readonly isInteractive?: boolean
  readonly signal?: AbortSignal
  /** Default: this machine. */
  readonly machine?: Machine
}

/** What a person at a terminal, or a program that reads, gets from these words. */
export async function commandLine(
  words: readonly string[],
  parts: Parts = {},
  { isInteractive = false, signal = new AbortController().signal, machine }: CommandLineOptions = {},
) {
  const written = { out: '', err: '' }
  const add = (to: 'out' | 'err') => (data: string | Uint8Array) => {
    written[to] += typeof data === 'string' ? data : Buffer.from(data).toString()
  }
  const exitCode = await runProgram(words, {
    terminal: { out: add('out'), err: add('err'), isInteractive, columns: 100, colors: createColors(false) },
    signal,
    connect: () => parts as CaissonClient,
    machine,
  })
  return { exitCode, ...written }
}
