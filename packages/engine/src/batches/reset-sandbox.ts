import { type AgentSandbox, decodeText, encodeText, mib, runProcess, secondMs } from '@caisson/core'
import type { RunnerContext } from '../runners/runner.ts'
import { workDirectory } from '../runners/workspace.ts'
import { answerOf } from '../runs/answer-of.ts'
import { contentScript, placesScript, removalScript, resetScript } from './reset-scripts.ts'

/**
 * Ends all processes of the sandbox's user and removes all that they left. `false`: it could not, or it cannot be sure, and the sandbox must not be
 * used again.
 */
export type Reset = () => Promise<boolean>

const scriptMs = 10 * secondMs
const listingBytes = 4 * mib

/** Looks at a sandbox in which nothing ran yet, so that it can be reset later. `undefined`: it cannot. */
export async function prepareReset(context: RunnerContext, sandbox: AgentSandbox): Promise<Reset | undefined> {
  const found = await listing(context, sandbox, placesScript)
  if (found === undefined || found.length === 0) return undefined
  const places = [...new Set(found)]
  const look = async (script: string, input?: string) => toContent(await listing(context, sandbox, script, input))
  const before = await look(contentScript(places))
  if (before === undefined) return undefined
  return async () => {
    const after = await look(resetScript(places, workDirectory))
    if (after === undefined) return false
    if (isSame(before, after)) return true
    const left = [...after.keys()].filter((path) => !before.has(path))
    const cleaned = await look(removalScript(places), left.map((path) => `${path}\0`).join(''))
    return cleaned !== undefined && isSame(before, cleaned)
  }
}

/** Paths with their descriptions, as `contentScript` gives them in turns. */
function toContent(fields: readonly string[] | undefined): ReadonlyMap<string, string> | undefined {
  if (fields === undefined) return undefined
  const content = new Map<string, string>()
  for (let at = 0; at + 1 < fields.length; at += 2) content.set(fields[at] ?? '', fields[at + 1] ?? '')
  return content
}

function isSame(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && left.entries().every(([path, description]) => right.get(path) === description)
}

/** What a script printed, each entry ended by NUL, since no path holds one. `undefined`: it failed, or it was too much. */
async function listing(
  { limits, cancel, stop }: RunnerContext,
  sandbox: AgentSandbox,
  script: string,
  input = '',
): Promise<readonly string[] | undefined> {
  try {
    const { outcome, stdout, droppedBytes } = await answerOf(
      async ({ signal }) =>
        await runProcess(
          sandbox,
          { argv: ['/bin/sh', '-c', script], timeoutMs: scriptMs, outputLimitBytes: 2 * listingBytes },
          { signal, input: encodeText(input), keepBytes: listingBytes },
        ),
      { answerMs: scriptMs + limits.answerMs, signals: [cancel, stop] },
    )
    if (outcome.kind !== 'exited' || outcome.code !== 0 || droppedBytes > 0) return undefined
    return decodeText(stdout).split('\0').slice(0, -1)
  } catch (error) {
    if (cancel.aborted || stop.aborted) throw error
    return undefined
  }
}
