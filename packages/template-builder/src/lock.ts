import { execa } from 'execa'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { builderError } from './builder-error.ts'

export interface LockOptions {
  /** What the holder is doing, for those who wait. */
  readonly purpose: string
  /** Told once, with what the holder does, when there is another. */
  readonly onWait?: ((holder: string) => void) | undefined
  /** Whether to wait for the other; otherwise the call rejects with `conflict`. */
  readonly wait: boolean
  readonly signal?: AbortSignal | undefined
}

const busyCode = 75

/**
 * Does `work` while nobody else on this machine does anything under the same file. The kernel holds the lock for a child that lives exactly as long as
 * our end of its pipe: it is free again at once when this process dies.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const release = (await acquire(path, true, options.signal)) ?? (await waitFor(path, options))
  try {
    await writeFile(`${path}.holder`, options.purpose)
    return await work()
  } finally {
    await release()
  }
}

async function waitFor(path: string, { onWait, wait, signal }: LockOptions): Promise<() => Promise<void>> {
  const holder = await readFile(`${path}.holder`, 'utf8').catch(() => 'another build')
  if (!wait) {
    throw builderError('conflict', `${holder} is under way`, {
      remedy: 'try again when it is done, or let this build wait for it',
      retryable: true,
    })
  }
  onWait?.(holder)
  const release = await acquire(path, false, signal)
  if (release === undefined) throw builderError('provider', `cannot lock ${path}`)
  return release
}

async function acquire(
  path: string,
  atOnce: boolean,
  signal: AbortSignal | undefined,
): Promise<(() => Promise<void>) | undefined> {
  throwIfGivenUp(signal)
  const how = atOnce ? ['--nonblock', '--conflict-exit-code', String(busyCode)] : []
  const keeper = execa('flock', ['--exclusive', ...how, path, '--command', 'echo held; exec cat'], {
    stderr: 'ignore',
    buffer: false,
    reject: false,
  })
  const giveUp = () => void keeper.kill('SIGKILL')
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    const held = await Promise.race([once(keeper.stdout, 'data').then(() => true), keeper.then(() => false)])
    throwIfGivenUp(signal)
    if (held) {
      return async () => {
        keeper.stdin.end()
        await keeper
      }
    }
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
  const { exitCode, cause } = await keeper
  if (exitCode === busyCode) return undefined
  throw builderError('provider', `cannot lock ${path}`, { cause })
}

function throwIfGivenUp(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw builderError('cancelled', 'given up before its turn came', { cause: signal.reason })
  }
}
