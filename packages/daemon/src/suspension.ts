import { readFileSync } from 'node:fs'
import { accessTokenHeader } from '@caisson/wire-e2b'
import { sameSecret } from './access.ts'
import { takeWake, type Wake } from './config.ts'

/** How often a suspended daemon looks whether it shall go on. */
const lookMs = 10

/** Only who has the token may ask for it. */
export function isSuspension(request: Request, accessToken: string): boolean {
  return (
    request.method === 'POST' &&
    request.url.endsWith('/suspend') &&
    new URL(request.url).pathname === '/suspend' &&
    sameSecret(request.headers.get(accessTokenHeader) ?? '', accessToken)
  )
}

/** In memory, where gVisor keeps sockets to itself. */
const inMemory = /^(?:@|\/tmp\/|\/run\/(?!caisson)|\/dev\/)/

/**
 * Whether a program has bound a unix socket to a name on the disk. gVisor makes that a socket of the host, which cannot be written down: trying to would end
 * the sandbox. A name that tells no directory counts, too.
 */
export function hasSocketOnDisk(directory: string): boolean {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/).slice(7).join(' '))
    .some((path) => path !== '' && !path.startsWith(`${directory}/`) && !inMemory.test(path))
}

export interface Suspendable {
  /** Lets go of every connection that leads out of the sandbox; when nothing of the kind is left, of the socket's name last. */
  readonly close: () => void
  readonly open: (wake: Wake) => void
}

/**
 * Makes the sandbox one that can be written down with what it has in memory: gVisor cannot keep a socket of the host. Whoever asks for it sees the
 * daemon's socket vanish. The daemon goes on when the host puts a file `wake` into its directory, there or where the sandbox goes on.
 */
export function suspend(directory: string, { close, open }: Suspendable): void {
  close()
  const timer = setInterval(() => {
    const wake = takeWake(`${directory}/wake`)
    if (wake === undefined) return
    clearInterval(timer)
    open(wake)
  }, lookMs)
}
