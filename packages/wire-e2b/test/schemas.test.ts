import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ConnectError,
  connectErrorBody,
  connectErrorSchema,
  createEnvelopeParser,
  decodeJson,
  encodeEndOfStream,
  encodeMessage,
  endOfStreamSchema,
  entryInfoSchema,
  filesystemEventSchema,
  int64Schema,
  listResponseSchema,
  processEventSchema,
  processSelectorSchema,
  sendSignalRequestSchema,
  startRequestSchema,
  waitResponseSchema,
  WireFormatError,
} from '../src/index.ts'

describe('64-bit integers', () => {
  it('are strings or numbers that a double holds exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(int64Schema.parse(String(value))).toBe(value)
        expect(int64Schema.parse(value)).toBe(value)
      }),
    )
  })

  it.each(['9007199254740993', '1e3', '', ' 1', '0x10', '1.5', 1.5, Number.NaN, 2 ** 60, null])(
    'are not %j',
    (value) => {
      expect(int64Schema.safeParse(value).success).toBe(false)
    },
  )
})

describe('messages as E2B sends them', () => {
  it('start a process', () => {
    const message = {
      process: { cmd: '/bin/bash', args: ['-l', '-c', 'echo hi'], envs: { A: 'b' } },
      pty: { size: { cols: 80, rows: 24 } },
      stdin: true,
    }
    expect(startRequestSchema.parse(message)).toEqual(message)
    expect(startRequestSchema.parse({ process: { cmd: 'ls' } }).process).toEqual({ cmd: 'ls', args: [], envs: {} })
  })

  it.each([
    { start: { pid: 12 } },
    { data: { stdout: 'aGk=' } },
    { data: { pty: 'aGk=' } },
    { end: { exitCode: 1, exited: true, status: 'exit status 1', error: 'exit status 1' } },
    { end: { exited: true, status: 'exit status 0' } },
    { keepalive: {} },
  ])('tell of a process: %j', (event) => {
    expect(processEventSchema.safeParse({ event }).success).toBe(true)
  })

  it('list processes, none included', () => {
    expect(listResponseSchema.parse({})).toEqual({ processes: [] })
  })

  it('describe an entry whose zero fields are left out', () => {
    expect(entryInfoSchema.parse({ name: 'a', path: '/a', type: 'FILE_TYPE_FILE' })).toMatchObject({ size: 0, mode: 0 })
    expect(entryInfoSchema.parse({ name: 'a', path: '/a', size: '4294967296' }).size).toBe(4_294_967_296)
  })
})

describe('messages that nobody should send', () => {
  it.each([
    {},
    { event: {} },
    { event: { start: { pid: 0 } } },
    { event: { start: { pid: -1 } } },
    { event: { start: { pid: '1' } } },
    { event: { data: {} } },
    { event: { data: { stdout: 'YQ==', stderr: 'YQ==' } } },
    { event: { data: { stdout: 'YQ==', offset: '99999999999999999999' } } },
    {
      event: {
        end: { status: 'x', caisson: { outcome: { kind: 'exited', code: 256 }, durationMs: 1, outputBytes: '0' } },
      },
    },
    { event: { end: { status: 'x', caisson: { outcome: { kind: 'won' }, durationMs: 1, outputBytes: '0' } } } },
    { event: { end: { status: 'x', caisson: { outcome: { kind: 'timed-out' }, durationMs: -1, outputBytes: '0' } } } },
  ])('are no process event: %j', (message) => {
    expect(processEventSchema.safeParse(message).success).toBe(false)
  })

  it.each([{}, { pid: 0 }, { pid: 1.5 }, { tag: '' }, { pid: 'x' }])('select no process: %j', (selector) => {
    expect(processSelectorSchema.safeParse(selector).success).toBe(false)
  })

  it('name no signal and no event of their own', () => {
    expect(sendSignalRequestSchema.safeParse({ process: { pid: 1 }, signal: 'SIGNAL_SIGSEGV' }).success).toBe(false)
    expect(sendSignalRequestSchema.safeParse({ process: { pid: 1 }, signal: 'SIGNAL_SIGTERM' }).success).toBe(true)
    expect(filesystemEventSchema.safeParse({ name: 'a', type: 'EVENT_TYPE_BOOM' }).success).toBe(false)
  })

  it('lack the result that was waited for', () => {
    expect(waitResponseSchema.safeParse({}).success).toBe(false)
  })
})

describe('errors', () => {
  it('go over the wire and come back', () => {
    const error = new ConnectError('not_found', 'nothing there', 'ENOENT')
    expect(connectErrorSchema.parse(connectErrorBody(error))).toEqual({
      code: 'not_found',
      message: 'nothing there',
      caisson: { errno: 'ENOENT' },
    })
    const [end] = createEnvelopeParser(1000).push(encodeEndOfStream(error))
    expect(endOfStreamSchema.parse(decodeJson(end?.payload ?? new Uint8Array())).error?.code).toBe('not_found')
  })

  it('of a code that we do not know are unknown', () => {
    expect(connectErrorSchema.parse({ code: 'made_up' }).code).toBe('unknown')
  })
})

describe('JSON', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const [envelope] = createEnvelopeParser(1_000_000).push(encodeMessage(value))
        expect(JSON.stringify(decodeJson(envelope?.payload ?? new Uint8Array()))).toBe(JSON.stringify(value))
      }),
    )
  })

  it('in anything but UTF-8 is refused, and so is what is no JSON', () => {
    expect(() => decodeJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(WireFormatError)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        try {
          decodeJson(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(WireFormatError)
        }
      }),
    )
  })
})
