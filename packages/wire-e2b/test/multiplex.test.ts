import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMultiplexer, type Lane, type LaneEvents, type Multiplexer, WireFormatError } from '../src/index.ts'

/** Two sides joined by a stream that delivers in pieces of any size, and not before it is told to. */
function pair(accept: (lane: Lane) => LaneEvents, cut: () => number = () => 1000) {
  const wires: [Uint8Array[], Uint8Array[]] = [[], []]
  const near: Multiplexer = createMultiplexer((bytes) => wires[0].push(bytes))
  const far: Multiplexer = createMultiplexer((bytes) => wires[1].push(bytes), accept)
  const deliver = (wire: Uint8Array[], to: Multiplexer): boolean => {
    const bytes = Buffer.concat(wire.splice(0))
    for (let at = 0; at < bytes.byteLength;) {
      const size = Math.max(1, cut())
      to.receive(bytes.subarray(at, at + size))
      at += size
    }
    return bytes.byteLength > 0
  }
  const settle = (): void => {
    while ([deliver(wires[0], far), deliver(wires[1], near)].includes(true));
  }
  return { near, far, settle, wires }
}

const ignore: LaneEvents = {
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onDrain: () => undefined,
}

/** Sends back what comes and ends when the other side does. */
const echo = (lane: Lane): LaneEvents => ({
  ...ignore,
  onData: (bytes) => {
    lane.write(bytes.slice())
    lane.consumed(bytes.byteLength)
  },
  onEnd: () => lane.end(),
})

test('bytes of many connections come back whole, in order and to the right one, however the stream is cut', () => {
  const sizes = fc.array(fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 4 }), {
    minLength: 1,
    maxLength: 5,
  })
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.integer({ min: 1, max: 70_000 })), (connections, cuts) => {
      const { near, settle } = pair(echo, () => cuts.next().value)
      const results = connections.map((writes, index) => {
        const result = { sent: Buffer.alloc(0), got: [] as Buffer[], ended: false }
        const lane = near.open({
          ...ignore,
          onData: (bytes) => {
            result.got.push(Buffer.from(bytes))
            lane.consumed(bytes.byteLength)
          },
          onEnd: () => {
            result.ended = true
          },
        })
        for (const [at, size] of writes.entries()) {
          const bytes = Buffer.alloc(size, index * 16 + at)
          result.sent = Buffer.concat([result.sent, bytes])
          lane.write(bytes)
        }
        lane.end()
        return result
      })
      settle()
      for (const { sent, got, ended } of results) {
        expect(Buffer.concat(got).equals(sent)).toBe(true)
        expect(ended).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
})

test('a reader that takes nothing stops its own connection and no other', () => {
  const lanes: Lane[] = []
  const received = [0, 0]
  const { near, settle } = pair((lane) => {
    const index = lanes.push(lane) - 1
    return {
      ...ignore,
      onData: (bytes) => {
        received[index] = (received[index] ?? 0) + bytes.byteLength
        if (index === 1) lane.consumed(bytes.byteLength)
      },
    }
  })
  let drained = 0
  const slow = near.open({ ...ignore, onDrain: () => (drained += 1) })
  const quick = near.open(ignore)
  expect(slow.write(new Uint8Array(1_000_000))).toBe(false)
  quick.write(new Uint8Array(1_000_000))
  settle()
  expect(received).toEqual([256 * 1024, 1_000_000])
  expect(drained).toBe(0)
  for (let left = 1_000_000; left > 0; left -= 256 * 1024) {
    lanes[0]?.consumed(Math.min(left, 256 * 1024))
    settle()
  }
  expect([received[0], drained]).toEqual([1_000_000, 1])
})

test('a reset reaches the other side, and what was under way is forgotten', () => {
  let far: Lane | undefined
  let resets = 0
  const { near, settle } = pair((lane) => {
    far = lane
    return { ...ignore, onReset: () => (resets += 1) }
  })
  const lane = near.open(ignore)
  settle()
  far?.write(new Uint8Array(10))
  lane.reset()
  settle()
  expect(resets).toBe(1)
})

test('the end of the stream ends all connections once', () => {
  let resets = 0
  const { near } = pair(() => ignore)
  near.open({ ...ignore, onReset: () => (resets += 1) })
  near.open({ ...ignore, onReset: () => (resets += 1) })
  near.close()
  near.close()
  expect(resets).toBe(2)
})

test.each([
  ['a frame of no known type', [9, 0, 0, 0, 1, 0, 0, 0, 0]],
  ['a connection that the other side may not open', [0, 0, 0, 0, 7, 0, 0, 0, 0]],
  ['more data in one frame than may be', [1, 0, 0, 0, 1, 0, 2, 0, 0]],
  ['credit for what was never sent', [4, 0, 0, 0, 1, 0, 0, 0, 1]],
])('%s is refused', (_, bytes) => {
  const near = createMultiplexer(() => undefined)
  near.open(ignore)
  expect(() => near.receive(Uint8Array.from(bytes))).toThrow(WireFormatError)
})

test('data beyond what was allowed is refused, and is not gathered', () => {
  const near = createMultiplexer(() => undefined)
  let got = 0
  near.open({ ...ignore, onData: (bytes) => (got += bytes.byteLength) })
  const piece = Buffer.concat([Uint8Array.from([1, 0, 0, 0, 1, 0, 0, 255, 255]), new Uint8Array(65_535)])
  expect(() => {
    for (let index = 0; index < 100; index += 1) near.receive(piece)
  }).toThrow(WireFormatError)
  expect(got).toBeLessThanOrEqual(256 * 1024)
})

test('any bytes at all are understood or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
      const { far } = pair(echo)
      try {
        for (const chunk of chunks) far.receive(chunk)
      } catch (error) {
        expect(error).toBeInstanceOf(WireFormatError)
      }
    }),
  )
})
