import type { AgentSandbox } from './sandbox.ts'
import type { CallOptions } from './call-options.ts'
import type { OutputChunk, ProcessResult, ProcessSpec } from './process.ts'
import { concatBytes } from './bytes.ts'

export interface RunProcessOptions extends CallOptions {
  /** Bytes for standard input, followed by end of file. */
  readonly input?: Uint8Array | undefined
  /** Output kept per stream; what is over is counted and dropped. Default 1 MiB. */
  readonly keepBytes?: number | undefined
  /** Sees every chunk as it arrives. */
  readonly onOutput?: ((chunk: OutputChunk) => void) | undefined
}

export interface CompletedProcess extends ProcessResult {
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  /** Output bytes that are in neither of the two. */
  readonly droppedBytes: number
}

/**
 * Starts a process, feeds it, and waits for it. When `options.signal` aborts after the start, the process is cancelled and the result says `cancelled`: partial
 * output is never lost to an exception.
 */
export async function runProcess(
  sandbox: AgentSandbox,
  spec: ProcessSpec,
  options: RunProcessOptions = {},
): Promise<CompletedProcess> {
  const { input, keepBytes = 1024 * 1024, onOutput, signal, deadline } = options
  const process = await sandbox.processes.spawn(input === undefined ? spec : { ...spec, stdin: 'pipe' }, {
    signal,
    deadline,
  })
  const cancel = () => void process.cancel().catch(() => undefined)
  if (signal?.aborted === true) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    const feeding = input === undefined || process.stdin === undefined ? undefined : feed(process.stdin, input)
    const [kept] = await Promise.all([collectOutput(process.output, keepBytes, onOutput), feeding])
    const result = await process.wait({ deadline })
    return { ...result, ...kept, droppedBytes: result.outputBytes - kept.stdout.byteLength - kept.stderr.byteLength }
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

/** As `runProcess`, through `/bin/sh -c`. Quote what you splice with `shellQuote`. */
export async function runShell(
  sandbox: AgentSandbox,
  command: string,
  options: RunProcessOptions & Omit<ProcessSpec, 'argv'> = {},
): Promise<CompletedProcess> {
  const { input, keepBytes, onOutput, signal, deadline, ...spec } = options
  return await runProcess(
    sandbox,
    { ...spec, argv: ['/bin/sh', '-c', command] },
    { input, keepBytes, onOutput, signal, deadline },
  )
}

/** `text` as one word for a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[A-Za-z0-9_/.:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

async function feed(stdin: WritableStream<Uint8Array>, input: Uint8Array): Promise<void> {
  const writer = stdin.getWriter()
  try {
    await writer.write(input)
    await writer.close()
  } catch {
    // A process that ends before it has read its input is no failure of the run.
  }
}

async function collectOutput(
  output: ReadableStream<OutputChunk>,
  keepBytes: number,
  onOutput: RunProcessOptions['onOutput'],
): Promise<{ stdout: Uint8Array; stderr: Uint8Array }> {
  const kept: Record<'stdout' | 'stderr', { parts: Uint8Array[]; room: number }> = {
    stdout: { parts: [], room: keepBytes },
    stderr: { parts: [], room: keepBytes },
  }
  for await (const chunk of output) {
    onOutput?.(chunk)
    const target = kept[chunk.stream === 'stderr' ? 'stderr' : 'stdout']
    if (target.room === 0) continue
    const part = chunk.bytes.subarray(0, target.room)
    target.parts.push(part)
    target.room -= part.byteLength
  }
  return { stdout: concatBytes(kept.stdout.parts), stderr: concatBytes(kept.stderr.parts) }
}
