import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patchInterpreter } from '../src/bundle/patch-interpreter.ts'
import { chooseEncoding, parseRange } from '../src/files/negotiate.ts'
import { resolvePath } from '../src/files/paths.ts'
import { createOutlet } from '../src/network/outlet.ts'

const user = { name: 'user', uid: 1000, gid: 1000, home: '/home/user' }

describe('a path', () => {
  it.each([
    ['/etc/x', '/etc/x'],
    ['/', '/'],
    ['.', '/home/user'],
    ['~', '/home/user'],
    ['~/a', '/home/user/a'],
    ['~other', '/home/user/~other'],
    ['a//b/./c/', '/home/user/a/b/c'],
    ['a/../b', '/home/user/a/../b'],
    ['/../x', '/../x'],
  ])('%s is %s', (path, resolved) => {
    expect(resolvePath(path, user)).toBe(resolved)
  })

  it.each(['', 'a\0b'])('%j is none', (path) => {
    expect(() => resolvePath(path, user)).toThrow(expect.objectContaining({ code: 'invalid_argument' }))
  })
})

describe('a range', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=5-', { start: 5, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes=2-99', { start: 2, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', undefined],
    ['bytes=0-1,3-4', undefined],
    ['bytes=-', undefined],
    ['lines=1-2', undefined],
    [null, undefined],
  ] as const)('%s of ten bytes', (header, range) => {
    expect(parseRange(header, 10)).toEqual(range)
  })

  it('lies within the file, whatever was asked for', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('0123456789-=bytes, ')) }),
        fc.nat(),
        (text, size) => {
          const range = parseRange(`bytes=${text}`, size)
          if (range === undefined || range === 'unsatisfiable') return
          expect(range.start).toBeGreaterThanOrEqual(0)
          expect(range.end).toBeGreaterThanOrEqual(range.start)
          expect(range.end).toBeLessThan(size)
        },
      ),
    )
  })
})

describe('an encoding', () => {
  it.each([
    [null, 'identity'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['gzip;q=0', 'identity'],
    ['*', 'identity'],
    ['br', 'identity'],
    ['identity;q=0', undefined],
    ['identity;q=0, gzip', 'gzip'],
    ['*;q=0', undefined],
    ['*;q=0, gzip', 'gzip'],
  ] as const)('%s', (accepted, chosen) => {
    expect(chooseEncoding(accepted)).toBe(chosen)
  })
})

describe('an executable', () => {
  function elf(interpreter: string): Uint8Array {
    const bytes = new Uint8Array(256)
    const view = new DataView(bytes.buffer)
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1])
    view.setBigUint64(0x20, 64n, true)
    view.setUint16(0x36, 56, true)
    view.setUint16(0x38, 2, true)
    view.setUint32(64, 6, true)
    view.setUint32(64 + 56, 3, true)
    view.setBigUint64(64 + 56 + 8, 200n, true)
    view.setBigUint64(64 + 56 + 32, BigInt(interpreter.length + 1), true)
    bytes.set(new TextEncoder().encode(interpreter), 200)
    return bytes
  }

  it('gets another loader and stays the same otherwise', () => {
    const bytes = elf('/lib64/ld-linux-x86-64.so.2')
    const rest = () => createHash('sha256').update(bytes.subarray(0, 200)).update(bytes.subarray(228)).digest('hex')
    const before = rest()
    patchInterpreter(bytes, '/opt/caisson/ld.so')
    expect(new TextDecoder().decode(bytes.subarray(200, 228)).replace(/\0+$/, '')).toBe('/opt/caisson/ld.so')
    expect(rest()).toBe(before)
  })

  it('is left alone when the path does not fit, or when it is none', () => {
    expect(() => patchInterpreter(elf('/short'), '/opt/caisson/ld.so')).toThrow(/does not fit/)
    expect(() => patchInterpreter(new Uint8Array(256), '/x')).toThrow(/not a 64-bit/)
  })
})

describe('an outlet', () => {
  it('passes on every byte in order through a sink of any greed', () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 20 })
    fc.assert(
      fc.property(pieces, fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1 }), (written, room) => {
        const taken: number[] = []
        let turn = 0
        let ended = false
        const outlet = createOutlet({
          write: (bytes) => {
            expect(ended).toBe(false)
            const count = Math.min(bytes.byteLength, room[turn++ % room.length] ?? 0)
            taken.push(...bytes.subarray(0, count))
            return count
          },
          shutdown: () => {
            ended = true
          },
        })
        for (const piece of written) {
          const buffer = piece.slice()
          outlet.write(buffer)
          // Callers use their buffer again.
          buffer.fill(0)
        }
        outlet.end()
        for (let drains = 0; drains < 2000 && !outlet.drain(); drains += 1);
        const whole = written.flatMap((piece) => [...piece])
        expect(taken).toEqual(whole.slice(0, taken.length))
        if (room.some((count) => count > 0)) expect(taken).toHaveLength(whole.length)
        expect(ended).toBe(taken.length === whole.length)
      }),
    )
  })
})
