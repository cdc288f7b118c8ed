import type { Process, ProcessSpec } from '@caisson/core'
import type { PseudoTtyInfo, ServerChannel, Session } from 'ssh2'
import { toDaytonaError } from '../daytona-error.ts'
import { type Entry, withEnv } from '../sandboxes/entry.ts'
import type { SandboxEnv } from '../sandboxes/record.ts'
import { exitCodeOf } from '../toolbox/process/run.ts'

/** What one channel of an SSH client may want: a shell or a command, with a terminal or without. */
export function serveSession(
  session: Session,
  { entry, env }: { readonly entry: Entry; readonly env: SandboxEnv },
): void {
  let terminal: Pick<PseudoTtyInfo, 'cols' | 'rows'> | undefined
  let running: Process | undefined

  const run = async (channel: ServerChannel, command: string | undefined): Promise<void> => {
    const { shell } = await entry.facts()
    const argv: ProcessSpec['argv'] = command === undefined ? [shell, '-l'] : [shell, '-c', command]
    const spec: ProcessSpec = {
      argv,
      ...(terminal === undefined
        ? { stdin: 'pipe' }
        : { terminal: { columns: terminal.cols, rows: terminal.rows }, env: { TERM: 'xterm-256color' } }),
    }
    const process = await entry.sandbox.processes.spawn(withEnv(env, spec))
    running = process
    const input = process.stdin?.getWriter()
    // A program that has ended takes no more.
    channel.on('data', (bytes: Buffer) => void input?.write(bytes).catch(() => undefined))
    channel.on('end', () => void input?.close().catch(() => undefined))
    channel.on('close', () => void process.cancel().catch(() => undefined))
    for await (const { stream, bytes } of process.output) {
      const side = stream === 'stderr' ? channel.stderr : channel
      if (!side.write(bytes)) await new Promise<void>((resolve) => side.once('drain', resolve))
    }
    const { outcome } = await process.wait()
    channel.exit(exitCodeOf(outcome))
    channel.end()
  }

  const serve = (channel: ServerChannel, command: string | undefined): void => {
    channel.on('error', () => undefined)
    run(channel, command).catch((error: unknown) => {
      if (channel.destroyed) return
      channel.stderr.write(`${toDaytonaError(error).message}\n`)
      channel.exit(255)
      channel.end()
    })
  }

  session.on('pty', (accept, _reject, info) => {
    terminal = info
    accept?.()
  })
  session.on('window-change', (accept, _reject, { cols, rows }) => {
    void running?.resize({ columns: cols, rows }).catch(() => undefined)
    accept?.()
  })
  session.on('exec', (accept, _reject, { command }) => serve(accept(), command))
  session.on('shell', (accept) => serve(accept(), undefined))
}
