import { concatBytes, decodeText, type ProcessResult } from '@caisson/core'
import type { Workplace } from '../way/in-sandbox.ts'
import type { RunnerContext } from './runner.ts'
import { runToEnd } from './run-to-end.ts'
import { workDirectory } from './workspace.ts'

export interface ToolOptions {
  readonly argv: readonly [string, ...string[]]
  readonly tag: string
  readonly timeoutMs: number
  readonly stdin?: string | undefined
  readonly prepare: () => Promise<void>
  readonly repeatable: boolean
  /** Standard output kept; what is over is dropped. */
  readonly keepBytes: number
}

export interface ToolResult extends ProcessResult {
  readonly stdout: string
  readonly truncated: boolean
  /** The first 8 KiB. */
  readonly stderr: string
}

const stderrBytes = 8 * 1024

/** Runs a program of ours or of the template whose output is data and not for the log. */
export async function runTool(context: RunnerContext, workplace: Workplace, options: ToolOptions): Promise<ToolResult> {
  const { argv, tag, timeoutMs, stdin, prepare, repeatable, keepBytes } = options
  const kept = { stdout: createHead(keepBytes), stderr: createHead(stderrBytes) }
  const result = await runToEnd(context, workplace, {
    spec: { argv, cwd: workDirectory, tag, timeoutMs, outputLimitBytes: 4 * keepBytes + stderrBytes },
    stdin,
    prepare,
    repeatable,
    onChunk: ({ stream, bytes }) => kept[stream === 'stderr' ? 'stderr' : 'stdout'].add(bytes),
  })
  return {
    ...result,
    stdout: kept.stdout.text(),
    truncated: kept.stdout.truncated(),
    stderr: kept.stderr.text(),
  }
}

function createHead(limitBytes: number) {
  const parts: Uint8Array[] = []
  let room = limitBytes
  let truncated = false
  return {
    add: (bytes: Uint8Array) => {
      const part = bytes.subarray(0, room)
      truncated ||= part.byteLength < bytes.byteLength
      room -= part.byteLength
      if (part.byteLength > 0) parts.push(part)
    },
    truncated: () => truncated,
    text: () => decodeText(concatBytes(parts)),
  }
}
