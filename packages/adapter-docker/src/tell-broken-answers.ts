import { type Agent, ClientRequest, type IncomingMessage } from 'node:http'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { property } from './map-error.ts'

const started = 'http.client.request.start'

/**
 * Makes an answer that breaks off in the middle a failure of its request: dockerode listens to the request alone, and would wait for the rest for good.
 * Returns what ends it.
 */
export function tellBrokenAnswers(agent: Agent): () => void {
  const watch = (message: unknown): void => {
    const request = property(message, 'request')
    if (!(request instanceof ClientRequest) || property(request, 'agent') !== agent) return
    request.once('response', (answer: IncomingMessage) => {
      answer.once('error', (error) => request.emit('error', error))
    })
  }
  subscribe(started, watch)
  return () => void unsubscribe(started, watch)
}
