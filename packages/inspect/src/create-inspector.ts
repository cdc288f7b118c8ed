import { type Content, type Finding, maxInlineBytes, type Operation } from '@caisson/core'
import { collectParts, type Part } from './collect-parts.ts'
import { createFindingsMemo } from './findings-memo.ts'
import { InspectionFailure, type InspectionThread, startThread } from './inspection-thread.ts'
import { defaultLimits, type InspectorLimits, maxFindings } from './limits.ts'
import { type Observation, toFinding } from './report.ts'

/** Fetches what an operation does not bring along itself: the bytes of an artifact, the first 16 MiB of them. */
export type ContentResolver = (content: Content) => Promise<Uint8Array>

export interface Inspector extends AsyncDisposable {
  /**
   * What an operation's code and files contain that matters for where it may run: the worst first, at most 200. Bounded in time and
   * memory whatever it is given; what could not be looked at is itself a finding, and so is whatever goes wrong. Never rejects.
   *
   * What was found is remembered for the same content in the same `scope`, an organization for example; without a scope it is not.
   */
  readonly inspect: (
    operation: Operation,
    resolveContent?: ContentResolver,
    scope?: string,
  ) => Promise<readonly Finding[]>
}

const severities: readonly Finding['severity'][] = ['hostile', 'risky', 'info']

/** Inspection in a thread of its own, which starts with the first operation and stays warm. Dispose of it to end the thread. */
export function createInspector(limits: InspectorLimits = defaultLimits): Inspector {
  let thread: InspectionThread | undefined
  let last: Promise<unknown> = Promise.resolve()
  const memo = createFindingsMemo()

  /** One after the other: the thread has time for one part only. */
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const before = last
    const { promise, resolve } = Promise.withResolvers<void>()
    last = promise
    try {
      await before
      return await work()
    } finally {
      resolve()
    }
  }

  const inspectPart = async (part: Part, endMs: number): Promise<readonly Finding[]> =>
    await inTurn(async () => {
      const leftMs = endMs - performance.now()
      if (leftMs <= 0) throw new InspectionFailure('what came before took too long')
      if (thread?.isUsable() !== true) thread = startThread(limits)
      return await thread.inspect(part, Math.min(limits.partMs, leftMs))
    })

  const inspectOnce = async (
    part: Part,
    { endMs, scope }: { readonly endMs: number; readonly scope: string | undefined },
  ): Promise<readonly Finding[]> => {
    const key = memo.keyOf(part, scope)
    const known = key === undefined ? undefined : memo.get(key)
    if (known !== undefined) return known
    const findings = await inspectPart(part, endMs)
    if (key !== undefined) memo.set(key, findings)
    return findings
  }

  return {
    inspect: async (operation, resolveContent, scope) => {
      const parts = collectParts(operation)
      const endMs = performance.now() + Math.max(limits.operationMs, parts.length * limits.shareMs)
      const findings: Finding[] = []
      for (const part of parts) {
        try {
          const { resolved, cut } = await resolvePart(part, resolveContent)
          findings.push(
            ...(await inspectOnce(resolved, { endMs, scope })),
            ...cut.map((observation) => toFinding(part, observation)),
          )
        } catch (error) {
          findings.push(toFinding(part, failed(error)))
        }
      }
      return findings
        .toSorted((left, right) => severities.indexOf(left.severity) - severities.indexOf(right.severity))
        .slice(0, maxFindings)
    },
    [Symbol.asyncDispose]: async () => {
      await thread?.end()
      thread = undefined
    },
  }
}

const shared = createInspector()

/** As `Inspector.inspect`, in a thread that all of this process share. */
export const inspectOperation: Inspector['inspect'] = shared.inspect

/** The part with what it brings along as an artifact. */
async function resolvePart(
  part: Part,
  resolve?: ContentResolver,
): Promise<{ readonly resolved: Part; readonly cut: readonly Observation[] }> {
  if (part.kind !== 'file' || !('artifact' in part.content)) return { resolved: part, cut: [] }
  if (resolve === undefined) throw new InspectionFailure('it lies in an artifact that cannot be read here')
  const bytes = await resolve(part.content)
  const message = `Only its first ${maxInlineBytes} bytes were inspected.`
  const cut: readonly Observation[] =
    bytes.byteLength < maxInlineBytes ? [] : [{ code: 'inspection.incomplete', severity: 'risky', message }]
  return { resolved: { ...part, content: { bytes } }, cut }
}

function failed(error: unknown): Observation {
  const message = `It could not be inspected: ${error instanceof Error ? error.message : 'unknown error'}`
  return { code: 'inspection.incomplete', severity: 'risky', message: message.slice(0, 300) }
}
