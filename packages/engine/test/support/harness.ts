import type { OperationInput, Run, RunEvent, SandboxAdapter, SandboxInfo } from '@caisson/core'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import { onTestFinished } from 'vitest'
import { createEngine, createMemoryStores, type Engine, type EngineOptions, type Stores } from '../../src/index.ts'

export const acme = { organization: 'acme', agent: 'agent-1' }
export const globex = { organization: 'globex' }

export interface Harness {
  readonly engine: Engine
  readonly adapter: SandboxAdapter
  readonly stores: Stores
}

/** An engine over one in-memory adapter. Afterwards no sandbox may be left. */
export function createHarness(options: Partial<EngineOptions> = {}): Harness {
  const adapter = options.adapters?.[0] ?? createMemoryAdapter()
  const stores = options.stores ?? createMemoryStores()
  const engine = createEngine({ adapters: [adapter], stores, ...options })
  onTestFinished(async () => await engine.close())
  return { engine, adapter, stores }
}

export function bash(code: string, input: Partial<Extract<OperationInput, { kind: 'code.execute' }>['input']> = {}) {
  return { kind: 'code.execute', input: { language: 'bash', code, ...input } } satisfies OperationInput
}

export async function toArray<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

export async function sandboxesOf(adapter: SandboxAdapter): Promise<SandboxInfo[]> {
  return await toArray(adapter.list())
}

/** The output in the log of a run, as text. */
export function outputOf(events: readonly RunEvent[], source = ''): string {
  return events
    .flatMap((event) =>
      event.type === 'output' && event.source === source ? [Buffer.from(event.base64, 'base64').toString()] : [],
    )
    .join('')
}

/** Asks again until the answer is there. */
export async function eventually<Value>(ask: () => Promise<Value | undefined | false>): Promise<Value> {
  const deadline = Date.now() + 8_000
  for (;;) {
    const value = await ask()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error('it did not come true in time')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export async function untilStatus(engine: Engine, run: string, status: Run['status']): Promise<Run> {
  return await eventually(async () => {
    const current = await engine.get(run, acme)
    return current.status === status && current
  })
}
