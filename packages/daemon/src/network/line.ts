import { connectErrorBody, decodeJson, launchMessageBytes } from '@caisson/wire-e2b'
import { toConnectError } from '../errno.ts'
import { asFields, asInteger, type Fields } from '../fields.ts'
import type { Peer, WebSocket } from './web-socket.ts'

/** Answers a question; `hasRoom` says whether a long answer would not pile up. What it rejects with is the answer, too. */
export type Answer = (question: Fields, hasRoom: boolean) => Promise<object>

/** Answers do not pile up for a client that does not read: beyond this they leave out what can be asked for. */
const pileBytes = 4 * launchMessageBytes

/** What is behind `launchesPath`: questions, each with an id, that have one answer each. */
export function createLine(answer: Answer): Peer {
  const nothing = (): void => undefined
  return {
    open: nothing,
    message: (web, message) => {
      try {
        const question = asFields(typeof message === 'string' ? JSON.parse(message) : decodeJson(message), 'message')
        void reply(web, asInteger(0)(question['id'], 'id'), question, answer)
      } catch {
        web.close()
      }
    },
    drain: nothing,
    close: nothing,
  }
}

async function reply(web: WebSocket, id: number, question: Fields, answer: Answer): Promise<void> {
  let said: object
  try {
    said = await answer(question, web.getBufferedAmount() < pileBytes)
  } catch (error) {
    said = { error: connectErrorBody(toConnectError(error)) }
  }
  // An end that is seen is better than an answer that never comes.
  if (web.sendText(JSON.stringify({ id, ...said })) === 0) web.close()
}
