import { WireFormatError } from './wire-format-error.ts'

/**
 * Many connections over one stream of bytes, for hosts that reach a sandbox through the standard streams of a program in it. Each frame has a
 * header of nine bytes: type, number of the connection, and a value, which for data is the length of what follows.
 */
const headerBytes = 9
const frame = { open: 0, data: 1, end: 2, reset: 3, credit: 4 } as const
type FrameType = (typeof frame)[keyof typeof frame]

/** How much may be under way on one connection before its reader has taken it: a slow reader holds up nobody else. */
const windowBytes = 256 * 1024
const longestDataBytes = 64 * 1024
const mostLanes = 1024

/** What the program on the other side of the bridge says first. What else comes is not from it. */
export const bridgeGreeting = 'caisson bridge\n'

/** One connection. */
export interface Lane {
  /** Takes all of it. False: no more until `onDrain`. */
  readonly write: (bytes: Uint8Array) => boolean
  /** No more bytes go this way; they still may come the other. */
  readonly end: () => void
  /** Gives the connection up in both directions. */
  readonly reset: () => void
  /** Received bytes are out of the way: as many more may come. */
  readonly consumed: (sizeBytes: number) => void
}

export interface LaneEvents {
  readonly onData: (bytes: Uint8Array) => void
  readonly onEnd: () => void
  readonly onReset: () => void
  readonly onDrain: () => void
}

export interface Multiplexer {
  readonly open: (events: LaneEvents) => Lane
  /** Takes a piece of the stream, cut anywhere. Throws `WireFormatError` when the other side does not keep to the rules. */
  readonly receive: (chunk: Uint8Array) => void
  /** The stream is over: so are all connections. */
  readonly close: () => void
}

interface State extends LaneEvents {
  queue: Uint8Array[]
  /** Bytes that may be sent, and bytes that may come. */
  sendWindow: number
  receiveWindow: number
  /** Which way is still open; `ending` waits for the queue. */
  sending: 'open' | 'ending' | 'ended'
  receiving: boolean
}

/** One side. `accept` makes it the one that connections are opened to. */
export function createMultiplexer(send: (bytes: Uint8Array) => void, accept?: (lane: Lane) => LaneEvents): Multiplexer {
  const lanes = new Map<number, State>()
  let lastId = 0
  let pending = new Uint8Array()

  const sendFrame = (type: FrameType, id: number, value: number, data?: Uint8Array): void => {
    const bytes = new Uint8Array(headerBytes + (data?.byteLength ?? 0))
    const view = new DataView(bytes.buffer)
    view.setUint8(0, type)
    view.setUint32(1, id)
    view.setUint32(5, value)
    if (data !== undefined) bytes.set(data, headerBytes)
    send(bytes)
  }

  const forgetIfOver = (id: number, { sending, receiving }: State): void => {
    if (sending === 'ended' && !receiving) lanes.delete(id)
  }

  const flush = (id: number, state: State): void => {
    for (let head = state.queue[0]; head !== undefined && state.sendWindow > 0; head = state.queue[0]) {
      const part = head.subarray(0, Math.min(state.sendWindow, longestDataBytes))
      state.sendWindow -= part.byteLength
      sendFrame(frame.data, id, part.byteLength, part)
      if (part.byteLength === head.byteLength) state.queue.shift()
      else state.queue[0] = head.subarray(part.byteLength)
    }
    if (state.queue.length > 0 || state.sending !== 'ending') return
    state.sending = 'ended'
    sendFrame(frame.end, id, 0)
    forgetIfOver(id, state)
  }

  const addLane = (id: number, attach: (lane: Lane) => LaneEvents): Lane => {
    let state: State | undefined
    const live = (): State | undefined => (lanes.get(id) === state ? state : undefined)
    const lane: Lane = {
      write: (bytes) => {
        const open = live()
        if (open === undefined || open.sending !== 'open') return true
        if (bytes.byteLength > 0) open.queue.push(bytes)
        flush(id, open)
        return open.queue.length === 0
      },
      end: () => {
        const open = live()
        if (open === undefined || open.sending !== 'open') return
        open.sending = 'ending'
        flush(id, open)
      },
      reset: () => {
        if (live() !== undefined && lanes.delete(id)) sendFrame(frame.reset, id, 0)
      },
      consumed: (sizeBytes) => {
        const open = live()
        if (open === undefined || !open.receiving || sizeBytes === 0) return
        open.receiveWindow += sizeBytes
        sendFrame(frame.credit, id, sizeBytes)
      },
    }
    state = {
      ...attach(lane),
      queue: [],
      sendWindow: windowBytes,
      receiveWindow: windowBytes,
      sending: 'open',
      receiving: true,
    }
    lanes.set(id, state)
    return lane
  }

  const acceptLane = (id: number): void => {
    if (accept === undefined || lanes.has(id)) throw new WireFormatError(`connection ${id} cannot be opened`)
    if (lanes.size >= mostLanes) sendFrame(frame.reset, id, 0)
    else addLane(id, accept)
  }

  const handle = (type: number, id: number, value: number, data: Uint8Array): void => {
    if (type === frame.open) return acceptLane(id)
    const state = lanes.get(id)
    // What was under way when a connection ended here is of no interest any more.
    if (state === undefined) return
    switch (type) {
      case frame.data:
        if (!state.receiving || value > state.receiveWindow) throw new WireFormatError('more data than was allowed')
        state.receiveWindow -= value
        return state.onData(data)
      case frame.end:
        state.receiving = false
        state.onEnd()
        return forgetIfOver(id, state)
      case frame.reset:
        lanes.delete(id)
        return state.onReset()
      case frame.credit: {
        state.sendWindow += value
        if (state.sendWindow > windowBytes) throw new WireFormatError('more credit than was used')
        const blocked = state.queue.length > 0
        flush(id, state)
        if (blocked && state.queue.length === 0) state.onDrain()
        return
      }
      default:
        throw new WireFormatError(`unknown frame ${type}`)
    }
  }

  return {
    open: (events) => {
      lastId += 1
      sendFrame(frame.open, lastId, 0)
      return addLane(lastId, () => events)
    },
    receive: (chunk) => {
      let bytes = chunk
      if (pending.byteLength > 0) {
        bytes = new Uint8Array(pending.byteLength + chunk.byteLength)
        bytes.set(pending)
        bytes.set(chunk, pending.byteLength)
      }
      while (bytes.byteLength >= headerBytes) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        const type = view.getUint8(0)
        const value = view.getUint32(5)
        const size = type === frame.data ? value : 0
        if (size > longestDataBytes) throw new WireFormatError(`${size} bytes in one frame`)
        if (bytes.byteLength < headerBytes + size) break
        const data = bytes.subarray(headerBytes, headerBytes + size)
        bytes = bytes.subarray(headerBytes + size)
        handle(type, view.getUint32(1), value, data)
      }
      pending = bytes.slice()
    },
    close: () => {
      const open = [...lanes.values()]
      lanes.clear()
      for (const { onReset } of open) onReset()
    },
  }
}
