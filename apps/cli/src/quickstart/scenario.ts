import { type Artifact, concatBytes, freshId, type Run } from '@caisson/core'
import type { CaissonClient } from '@caisson/client'
import { lacking, type Offer } from './offer.ts'
import type { Step } from './step.ts'

export interface StepResult {
  readonly title: string
  readonly run: Run | undefined
  readonly elapsedMs: number
  /** Empty when all was as expected. */
  readonly problems: readonly string[]
}

export interface StepOptions {
  readonly offer: Offer
  /** Cancels the run. */
  readonly signal: AbortSignal
}

/** Runs one step through the service and compares what became of it with what should have. Never throws. */
export async function runStep(
  client: CaissonClient,
  { title, operation, problems }: Step,
  { offer, signal }: StepOptions,
): Promise<StepResult> {
  const startedAtMs = performance.now()
  const elapsed = () => Math.round(performance.now() - startedAtMs)
  let run: Run | undefined
  try {
    const granting: Promise<void>[] = []
    const id = freshId()
    run = await client.runs.run(operation, {
      id,
      signal,
      onEvent: (event) => {
        if (event.type === 'status' && event.status === 'awaiting-approval') granting.push(grantPending(client, id))
      },
    })
    const elapsedMs = elapsed()
    await Promise.all(granting)
    const missing = lacking(operation, offer)
    if (missing.length > 0) return { title, run, elapsedMs, problems: expectDenied(run, missing) }
    const { artifacts } = run
    const artifact = async (path: string) => await readArtifact(client, artifacts, path)
    return { title, run, elapsedMs, problems: await problems({ run, elapsedMs, artifact }) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { title, run, elapsedMs: elapsed(), problems: [problem] }
  }
}

/** What no adapter can do must not be done with less. */
function expectDenied({ status }: Run, missing: readonly string[]): readonly string[] {
  return status === 'denied' ? [] : [`no adapter has ${missing.join(' and ')}, but it was ${status} and not denied`]
}

/** Plays the person who is asked. */
async function grantPending(client: CaissonClient, run: string): Promise<void> {
  const pending = await client.approvals.list({ state: 'pending' })
  for (const approval of pending.filter((one) => one.run === run)) {
    await client.approvals.grant(approval.id, 'the quickstart agrees')
  }
}

async function readArtifact(
  client: CaissonClient,
  artifacts: readonly Artifact[],
  path: string,
): Promise<Uint8Array | undefined> {
  const artifact = artifacts.find((candidate) => candidate.path === path)
  if (artifact === undefined) return undefined
  return concatBytes(await Array.fromAsync(client.artifacts.read(artifact.id)))
}
