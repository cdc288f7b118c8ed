import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Context } from '../launch/context.ts'

/**
 * A tiny process that waits for the end of this one, however it comes, and then starts the reaper if sandboxes are left: so their time runs
 * out also while nobody is there. At most one reaper works on a state directory; who finds one at work for a while leaves it to that one.
 */
export interface LastWill {
  /** Hands over to it now. */
  readonly close: () => void
}

const script = `
trap '' HUP INT TERM
read -r _
set -- "$STATE/sandboxes"/* "$@"
[ -e "$1" ] || exit 0
exec flock -w 5 "$STATE/reaper.lock" $REAPER
`

export function writeLastWill({ store, tier }: Context): LastWill {
  const typescript = import.meta.url.endsWith('.ts')
  const reaper = fileURLToPath(new URL(typescript ? './reaper.ts' : './reaper.js', import.meta.url))
  const conditions = typescript ? ['--conditions=@caisson/source'] : []
  const child = spawn('setsid', ['sh', '-c', script, 'caisson-last-will'], {
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      STATE: store.root,
      REAPER: [process.execPath, ...conditions, reaper, tier, store.root].join(' '),
    },
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.on('error', () => undefined)
  child.stdin.on('error', () => undefined)
  child.unref()
  if (child.stdin instanceof Socket) child.stdin.unref()
  return { close: () => child.stdin.destroy() }
}
