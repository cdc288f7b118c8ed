import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { once } from 'node:events'

/** A shell that stays, in a mount namespace of its own, so that a baseline pays for no more processes than its own. */
export interface PrivateShell extends AsyncDisposable {
  /** Runs a command line; rejects with what it complained about when it fails. */
  readonly run: (commandLine: string) => Promise<void>
}

export function openPrivateShell(): PrivateShell {
  const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh'], { stdio: 'pipe' })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = `${complaints}${text}`.slice(-2000)))
  return {
    run: async (commandLine) => {
      child.stdin.write(`{ ${commandLine}\n} </dev/null >/dev/null; echo $?\n`)
      const { value, done } = await lines.next()
      if (done !== true && value === '0') return
      throw new Error(`${commandLine}: ${complaints.trim() || 'the shell ended'}`)
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}
