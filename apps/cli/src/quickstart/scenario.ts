import { type Artifact, concatBytes, type Run } from '@caisson/core'
import type { CaissonClient } from '@caisson/client'
import type { Step } from './step.ts'

export interface StepResult {
  readonly title: string
  readonly run: Run | undefined
  readonly elapsedMs: number
  /** Empty when all was as expected. */
  readonly problems: readonly string[]
}

/** Runs one step through the service and compares what became of it with what should have. Never throws. */
export async function runStep(client: CaissonClient, { title, operation, problems }: Step): Promise<StepResult> {
  const startedAtMs = performance.now()
  const elapsed = () => Math.round(performance.now() - startedAtMs)
  let run: Run | undefined
  try {
    const granting: Promise<void>[] = []
    run = await client.runs.run(operation, {
      onEvent: (event) => {
        if (event.type === 'status' && event.status === 'awaiting-approval') granting.push(grantPending(client))
      },
    })
    const elapsedMs = elapsed()
    await Promise.all(granting)
    const { artifacts } = run
    const artifact = async (path: string) => await readArtifact(client, artifacts, path)
    return { title, run, elapsedMs, problems: await problems({ run, elapsedMs, artifact }) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { title, run, elapsedMs: elapsed(), problems: [problem] }
  }
}

/** Plays the person who is asked. The scenario has one run at a time, so what is pending is the run's question. */
async function grantPending(client: CaissonClient): Promise<void> {
  for (const { id } of await client.approvals.list({ state: 'pending' })) {
    await client.approvals.grant(id, 'the quickstart agrees')
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
