import { isSandboxError } from '@caisson/core'
import { DaytonaError } from '../../daytona-error.ts'
import type { Services } from '../../gateway-options.ts'
import { type Entry, withEnv } from '../../sandboxes/entry.ts'
import type { ToolboxCall } from '../call.ts'
import { openSession, type Session } from './session.ts'

const tagPrefix = 'daytona-session:'
/** Of the output of all commands of a session. */
const journalBytes = 16 * 1024 * 1024

const sessionsOf = new WeakMap<Entry, Map<string, Promise<Session>>>()

function known(entry: Entry): Map<string, Promise<Session>> {
  const sessions = sessionsOf.get(entry) ?? new Map<string, Promise<Session>>()
  sessionsOf.set(entry, sessions)
  return sessions
}

function secretOf({ tokens }: Services, { id }: Entry, session: string): string {
  return tokens.marker(id, session)
}

/** 409 when there is one of that id. */
export async function makeSession(services: Services, { entry, env }: ToolboxCall, id: string): Promise<Session> {
  const sessions = known(entry)
  const before = await findSession(services, entry, id)
  if (before !== undefined && !forgotten.has(before)) throw new DaytonaError(409, `session ${id} exists`)
  const { shell } = await entry.facts()
  const opening = entry.sandbox.processes
    .spawn(withEnv(env, { argv: [shell], stdin: 'pipe', tag: `${tagPrefix}${id}`, journalBytes }))
    .then(async (process) => await openSession(process, { id, secret: secretOf(services, entry, id), isOld: false }))
  sessions.set(id, opening)
  opening.catch(() => sessions.delete(id))
  return await opening
}

/** The session of that id, also one that another replica made. */
async function findSession(services: Services, entry: Entry, id: string): Promise<Session | undefined> {
  const sessions = known(entry)
  const session = sessions.get(id)
  if (session !== undefined) return await session
  try {
    const process = await entry.sandbox.processes.attach(`${tagPrefix}${id}`)
    const opening = openSession(process, { id, secret: secretOf(services, entry, id), isOld: true })
    sessions.set(id, opening)
    return await opening
  } catch (error) {
    if (isSandboxError(error) && error.code === 'process-not-found') return undefined
    throw error
  }
}

export async function getSession(services: Services, entry: Entry, id: string): Promise<Session> {
  const session = await findSession(services, entry, id)
  if (session !== undefined && !forgotten.has(session)) return session
  throw new DaytonaError(404, `session ${id} not found`, { code: 'PROCESS_NOT_FOUND' })
}

export async function listSessions(services: Services, entry: Entry): Promise<readonly Session[]> {
  const running = (await entry.sandbox.processes.list()).flatMap(({ tag }) =>
    tag?.startsWith(tagPrefix) === true ? [tag.slice(tagPrefix.length)] : [],
  )
  const ids = [...new Set([...known(entry).keys(), ...running])]
  const found = await Promise.all(ids.map(async (id) => await findSession(services, entry, id)))
  return found.filter((session) => session !== undefined).filter((session) => !forgotten.has(session))
}

/** Deleted ones whose process may still be found for a while. */
const forgotten = new WeakSet<Session>()

export async function removeSession(services: Services, entry: Entry, id: string): Promise<void> {
  const session = await getSession(services, entry, id)
  forgotten.add(session)
  await session.end()
}
