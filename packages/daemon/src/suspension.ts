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
