import type { OperationInput, Run } from '@caisson/core'

/** One operation of the scenario and what must have become of it. */
export interface Step {
  /** As the table shows it. */
  readonly title: string
  readonly operation: OperationInput
  /** Every expectation that does not hold, as a sentence. Empty when all is as it should be. */
  readonly problems: (seen: Seen) => readonly string[] | Promise<readonly string[]>
}

export interface Seen {
  readonly run: Run
  /** From submission to the final event, as the caller measured it. */
  readonly elapsedMs: number
  /** Reads an artifact that the run kept; `undefined` when there is none of that path. */
  readonly artifact: (path: string) => Promise<Uint8Array | undefined>
}

/** A step that must run in a sandbox with at least container isolation and end as `status`. */
export function expectSandboxed({ run }: Seen, status: Run['status']): string[] {
  const placement = run.decision?.placement
  const problems: string[] = []
  if (placement?.kind !== 'sandbox') problems.push(`it was placed ${placement?.kind ?? 'nowhere'} and not in a sandbox`)
  else if (placement.isolation === 'none' || placement.isolation === 'process') {
    problems.push(`it ran with isolation "${placement.isolation}"`)
  }
  if (run.status !== status) problems.push(`it ended as ${run.status} and not as ${status}${because(run)}`)
  return problems
}

/** A step that must be done by a host function. */
export function expectHost({ run }: Seen): string[] {
  const problems: string[] = []
  if (run.decision?.placement.kind !== 'host')
    problems.push(`it was placed ${run.decision?.placement.kind ?? 'nowhere'} and not on the host`)
  if (run.status !== 'succeeded') problems.push(`it ended as ${run.status}${because(run)}`)
  return problems
}

/** `problem` unless `holds`. */
export function unless(holds: boolean, problem: string): string[] {
  return holds ? [] : [problem]
}

function because({ error, value }: Run): string {
  if (error !== undefined) return `: ${error.message}`
  const stderr = typeof value === 'object' && value !== null && 'stderr' in value ? value['stderr'] : undefined
  return typeof stderr === 'string' && stderr !== '' ? `: ${stderr.trim().split('\n').at(-1)}` : ''
}
