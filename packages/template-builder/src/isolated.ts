import { execa } from 'execa'
import type { Readable } from 'node:stream'
import { builderError, errnoOf } from './builder-error.ts'

export interface IsolatedOptions {
  readonly cwd: string
  readonly signal?: AbortSignal | undefined
  /** Told every line of both streams, in order. */
  readonly onLine?: ((line: string) => void) | undefined
}

export interface IsolatedResult {
  readonly exitCode: number
  /** The last lines, the newest last. */
  readonly tail: readonly string[]
}

const keptLines = 60
const maxLineLength = 4096

/** Both streams on one pipe, so that their order is kept. */
const joined = 'exec "$@" 2>&1'

/** Dies with us, and everything in its own mounts and process ids dies with it. */
const apart =
  '--pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child=KILL --mount-proc --'.split(' ')

/**
 * Runs a program with its own mounts and processes: whatever becomes of it, of us or of what it starts, none of them outlive it. When `signal` aborts,
 * all is killed and the call rejects with its reason.
 */
export async function runIsolated(argv: readonly string[], options: IsolatedOptions): Promise<IsolatedResult> {
  const { cwd, signal, onLine } = options
  signal?.throwIfAborted()
  const process = execa(
    'setpriv',
    [...apart, 'sh', '-c', joined, 'sh', ...argv],
    // Programs that have no codes for what went wrong have words for it: the same ones everywhere.
    { cwd, env: { LC_ALL: 'C.UTF-8' }, stdin: 'ignore', stderr: 'ignore', buffer: false, reject: false },
  )
  const kill = () => void process.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  const tail: string[] = []
  try {
    for await (const line of lines(process.stdout)) {
      tail.push(line)
      if (tail.length > keptLines) tail.shift()
      onLine?.(line)
    }
    const { exitCode, cause } = await process
    signal?.throwIfAborted()
    if (errnoOf(cause) === 'ENOENT') throw missing(cause)
    return { exitCode: exitCode ?? 128, tail }
  } finally {
    signal?.removeEventListener('abort', kill)
    kill()
    await process
  }
}

function missing(cause: unknown): Error {
  return builderError('runtime-missing', 'building templates needs setpriv and unshare', {
    remedy: 'apt-get install -y util-linux',
    cause,
  })
}

/** Lines of text. One that is too long is cut, and so is what a program draws over its own line. */
async function* lines(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const [first = '', ...more] = decoder.decode(chunk as Uint8Array, { stream: true }).split('\n')
    rest = (rest + first).slice(0, maxLineLength)
    for (const next of more) {
      yield rest.replace(/^.*\r(?!$)/, '').trimEnd()
      rest = next.slice(0, maxLineLength)
    }
  }
  if (rest !== '') yield rest
}
