import type { Services } from '../../gateway-options.ts'
import { closeCodes, send, type SocketHandle } from '../sockets.ts'
import { commandOf } from './serve.ts'
import type { Printed } from './session.ts'

/** What stands before a piece of a stream, three bytes. */
export const streamMarkers = { stdout: Uint8Array.of(1, 1, 1), stderr: Uint8Array.of(2, 2, 2) } as const

/** All output of a command, from its beginning to its end, each piece behind the mark of its stream. */
export function followLogs(services: Services): SocketHandle {
  return async ({ entry, parts, socket, signal }) => {
    const command = await commandOf(services, { entry, parts })
    const waiting: (Printed | undefined)[] = [...command.printed]
    let wake: () => void = () => undefined
    const listener = (printed: Printed | undefined): void => {
      waiting.push(printed)
      wake()
    }
    if (command.exitCode === undefined) command.listeners.add(listener)
    else waiting.push(undefined)
    signal.addEventListener('abort', () => listener(undefined), { once: true })
    try {
      for (;;) {
        if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve))
        const printed = waiting.shift()
        if (printed === undefined) break
        await send(socket, Buffer.concat([streamMarkers[printed.stream], printed.bytes]))
      }
    } finally {
      command.listeners.delete(listener)
    }
    socket.close(closeCodes.normal)
  }
}
