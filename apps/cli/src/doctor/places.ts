import { gib } from '@caisson/core'
import { bad, type Finding, good, poor } from './finding.ts'
import type { Machine } from './machine.ts'

/** A sandbox, its database and its template fit in this. */
const leastBytes = gib
const comfortableBytes = 10 * gib

/** Room where things are kept. */
export async function examineDisk(
  { freeBytes }: Machine,
  places: readonly { readonly what: string; readonly path: string }[],
): Promise<readonly Finding[]> {
  return await Promise.all(
    places.map(async ({ what, path }) => {
      const free = await freeBytes(path)
      if (free === undefined) return poor('disk', what, `${path} cannot be looked at`, 'see who may enter it')
      const detail = `${(free / gib).toFixed(1)} GiB free at ${path}`
      const remedy = 'free space there, or choose another folder: CAISSON_STATE_DIR, CAISSON_TEMPLATES'
      if (free < leastBytes) return bad('disk', what, detail, remedy)
      return free < comfortableBytes
        ? poor('disk', what, `${detail}: templates may not fit`, remedy)
        : good('disk', what, detail)
    }),
  )
}

/** Whether the service's port is free, or its own. */
export async function examinePort({ ask, isListening }: Machine, port: number): Promise<Finding> {
  const what = `port ${port}`
  if (!(await isListening(port))) return good('ports', what, 'free')
  if ((await ask({ port }, '/healthz'))?.includes('alive') === true)
    return good('ports', what, 'a service of Caisson listens')
  return poor(
    'ports',
    what,
    'another program listens',
    'end it, or choose another port for the service: CAISSON_PORT=7719 npm start',
  )
}
