import { connectErrorBody, decodeJson, type LaunchAnswer, launchMessageBytes } from '@caisson/wire-e2b'
import { toConnectError } from '../errno.ts'
import { asFields, asInteger, asText, type Fields, optional } from '../fields.ts'
import type { Peer, WebSocket } from '../network/web-socket.ts'
import type { ManagedProcess } from './managed-process.ts'
import { followProcess } from './service.ts'

/** Starts a process, as the user of that name or as the default user. */
export type Launch = (start: Fields, user: string | undefined) => ManagedProcess

/** Answers do not pile up for a client that does not read: beyond this they leave the output out, and the client asks for it. */
const pileBytes = 4 * launchMessageBytes

/** What is behind `launchesPath`. */
export function createLaunches(launch: Launch): Peer {
  const nothing = (): void => undefined
  return {
    open: nothing,
    message: (web, message) => {
      try {
        const fields = asFields(typeof message === 'string' ? JSON.parse(message) : decodeJson(message), 'message')
        void answer(web, asInteger(0)(fields['id'], 'id'), fields, launch)
      } catch {
        web.close()
      }
    },
    drain: nothing,
    close: nothing,
  }
}

async function answer(web: WebSocket, id: number, fields: Fields, launch: Launch): Promise<void> {
  let said: Omit<LaunchAnswer, 'id'> | { readonly error: unknown }
  try {
    const managed = launch(asFields(fields['start'], 'start'), optional(fields['user'], 'user', asText))
    await Promise.race([managed.ended, managed.grown])
    said = { messages: await firstMessages(managed, web.getBufferedAmount() < pileBytes) }
  } catch (error) {
    said = { error: connectErrorBody(toConnectError(error)) }
  }
  // An end that is seen is better than an answer that never comes.
  if (web.sendText(JSON.stringify({ id, ...said })) === 0) web.close()
}

/** The whole life of a process that is over, if there is room for it. Of every other only the start. */
async function firstMessages(managed: ManagedProcess, hasRoom: boolean): Promise<LaunchAnswer['messages']> {
  if (managed.result !== undefined && hasRoom) {
    const life = followProcess(managed, 0)
    const { messages, done } = await life.next()
    life.dispose()
    if (done === true) return messages
  }
  managed.readers.add({ position: 0, keepsPace: true, hasMissed: false, isExpected: true })
  return [{ event: { start: { pid: managed.pid } } }]
}
