import { type ByteChannel, SandboxError } from '@caisson/core'
import type { Machine } from './machine.ts'

/** Connects to a listener inside the machine. */
export async function connectLocal(machine: Machine, port: number): Promise<ByteChannel> {
  const accept = machine.listeners.get(port)
  if (accept === undefined) throw new SandboxError('unavailable', 'memory', `nothing listens on port ${port}`)
  const there = new TransformStream<Uint8Array, Uint8Array>()
  const back = new TransformStream<Uint8Array, Uint8Array>()
  accept({ readable: there.readable, writable: back.writable })
  return await Promise.resolve({ readable: back.readable, writable: there.writable })
}
