import { decodeText, type Process, runProcess, type Sandbox, SandboxError } from '@caisson/core'

/**
 * What a sandbox's user has written, home and temporary files, as one archive. Packed and unpacked by the sandboxes' own `tar`: the host only
 * passes the bytes on.
 */
export async function packFiles(sandbox: Sandbox): Promise<ReadableStream<Uint8Array>> {
  const script = `cd / && { printf '%s\\0' "\${HOME#/}"; find tmp -mindepth 1 -maxdepth 1 -user "$(id -u)" -print0; } | tar -cf - --null -T -`
  const process = await sandbox.processes.spawn({ argv: ['sh', '-c', script] })
  return ReadableStream.from(standardOutput(sandbox, process))
}

/** A file that changed or went while it was packed is what a running sandbox is like. */
const changedWhileRead = 1

async function* standardOutput(sandbox: Sandbox, process: Process): AsyncGenerator<Uint8Array> {
  let complaint = ''
  try {
    for await (const { stream, bytes } of process.output) {
      if (stream === 'stdout') yield bytes
      else if (complaint.length < 1000) complaint += decodeText(bytes)
    }
    const { outcome } = await process.wait()
    if (outcome.kind === 'exited' && outcome.code <= changedWhileRead) return
    throw new SandboxError('provider', sandbox.adapter, `the files of the sandbox could not be read: ${complaint}`)
  } finally {
    await process.cancel().catch(() => undefined)
  }
}

/** Puts what `packFiles` took into another sandbox. */
export async function unpackFiles(sandbox: Sandbox, archive: ReadableStream<Uint8Array>): Promise<void> {
  const process = await sandbox.processes.spawn({ argv: ['tar', '-xpf', '-', '-C', '/'], stdin: 'pipe' })
  const { stdin } = process
  if (stdin === undefined) throw new SandboxError('unsupported', sandbox.adapter, 'processes have no standard input')
  // `tar` may have seen the end of the archive before we have sent the last of its padding; its own word is what counts.
  const [{ outcome }, failure] = await Promise.all([
    process.wait(),
    archive.pipeTo(stdin).then(
      () => undefined,
      (error: unknown) => error,
    ),
  ])
  if (outcome.kind === 'exited' && outcome.code === 0) return
  throw new SandboxError('provider', sandbox.adapter, 'the files of a snapshot could not be put into the sandbox', {
    cause: failure,
  })
}

/** Whether a sandbox has the programs that this takes. */
export async function canCarryFiles(sandbox: Sandbox): Promise<boolean> {
  const { outcome } = await runProcess(sandbox, { argv: ['sh', '-c', 'command -v tar find'] })
  return outcome.kind === 'exited' && outcome.code === 0
}
