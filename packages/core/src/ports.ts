import type { CallOptions } from './call-options.ts'

/** A two-way stream of bytes. Closing `writable` is end of file for the other side. */
export interface ByteChannel {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
}

/** TCP ports on which something in the sandbox listens. */
export interface Ports {
  /** Connects to a port on the sandbox's own loopback. Nobody listening is `unavailable`. */
  readonly connect: (port: number, options?: CallOptions) => Promise<ByteChannel>
  /** An address under which the port is served to others. Absent where the adapter has none to offer. */
  readonly url?: (port: number, options?: CallOptions) => Promise<string>
}
