import type { WebSocket } from 'ws'
import type { ToolboxCall } from './call.ts'

/** A WebSocket to the toolbox of a sandbox that runs. */
export interface SocketCall extends Pick<ToolboxCall, 'record' | 'entry' | 'env' | 'parts' | 'query' | 'signal'> {
  readonly socket: WebSocket
  /** As the client offered them. */
  readonly protocols: readonly string[]
}

export type SocketHandle = (call: SocketCall) => Promise<void>

export const closeCodes = { normal: 1000, goingAway: 1001, failed: 1011, timeout: 4008 } as const

/** Resolves when it is on its way: who does not read holds up nobody but themselves. */
export async function send(socket: WebSocket, data: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.send(data, (error) => {
      if (error === undefined || error === null) resolve()
      else reject(error)
    })
  })
}
