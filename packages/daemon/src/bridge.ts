import type { Socket } from 'node:net'
import { bridgeGreeting, createMultiplexer, type Lane, type LaneEvents } from '@caisson/wire-e2b'
import { defaultDirectory } from './directory.ts'

/**
 * Carries connections to the daemon's socket over its standard streams, for hosts that can start a program in the sandbox and cannot reach
 * the socket. Ends when its input does.
 */
export async function bridge(directory = defaultDirectory): Promise<void> {
  // Imported here because it would cost memory in every sandbox, bridge or not.
  const { connect } = await import('node:net')
  const multiplexer = createMultiplexer(
    (bytes) => void process.stdout.write(bytes),
    (lane) => join(lane, connect({ path: `${directory}/daemon.sock`, allowHalfOpen: true })),
  )
  process.stdout.on('error', () => process.exit(0))
  process.stdout.write(bridgeGreeting)
  process.stdin.on('data', (chunk: Buffer) => multiplexer.receive(chunk))
  process.stdin.on('end', () => process.exit(0))
}

/** Joins one connection with the daemon's. */
function join(lane: Lane, socket: Socket): LaneEvents {
  socket.on('data', (bytes) => {
    if (!lane.write(bytes)) socket.pause()
  })
  socket.on('end', lane.end)
  socket.on('error', lane.reset)
  return {
    onData: (bytes) => void socket.write(bytes, () => lane.consumed(bytes.byteLength)),
    onEnd: () => void socket.end(),
    onReset: () => void socket.destroy(),
    onDrain: () => void socket.resume(),
  }
}
