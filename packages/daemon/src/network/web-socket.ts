import { launchMessageBytes } from '@caisson/wire-e2b'

export type WebSocket = Bun.ServerWebSocket<Peer>

/** What stands behind one WebSocket. A method is called for each event of it. */
export interface Peer {
  readonly open: (web: WebSocket) => void
  readonly message: (web: WebSocket, message: string | Uint8Array) => void
  /** There is room again for what is to be sent. */
  readonly drain: () => void
  readonly close: (code: number) => void
}

export const webSocketHandlers: Bun.WebSocketHandler<Peer> = {
  maxPayloadLength: launchMessageBytes,
  idleTimeout: 0,
  sendPings: false,
  perMessageDeflate: false,
  open: (web) => web.data.open(web),
  message: (web, message) => web.data.message(web, message),
  drain: (web) => web.data.drain(),
  close: (web, code) => web.data.close(code),
}
