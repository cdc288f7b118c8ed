import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxCodeBytes, OperationError, operationSchema, parseOrThrow } from '../src/index.ts'

const parse = (value: unknown) => parseOrThrow(operationSchema, value, 'invalid-operation', 'operation')

function fieldOf(value: unknown): string | undefined {
  try {
    parse(value)
  } catch (error) {
    if (error instanceof OperationError) return error.field
  }
  return undefined
}

const code = (input: object) => ({ kind: 'code.execute', input: { language: 'python', code: 'pass', ...input } })

it('fills in cautious defaults', () => {
  expect(parse(code({}))).toMatchObject({ trust: 'untrusted', sensitivity: 'internal', timeoutMs: 60_000, egress: [] })
})

describe('bad input names its field', () => {
  it.each([
    ['an unknown kind', { kind: 'coffee.make', input: {} }, 'kind'],
    ['an unknown language', code({ language: 'cobol' }), 'input.language'],
    ['oversized code', code({ code: 'x'.repeat(maxCodeBytes + 1) }), 'input.code'],
    ['oversized code in multi-byte letters', code({ code: 'ü'.repeat(maxCodeBytes / 2 + 1) }), 'input.code'],
    ['a path that climbs', code({ files: [{ path: '../x', content: { text: '' } }] }), 'input.files.0.path'],
    ['an absolute path', code({ files: [{ path: '/etc/passwd', content: { text: '' } }] }), 'input.files.0.path'],
    ['a climbing artifact pattern', code({ artifacts: ['a/../../b'] }), 'input.artifacts.0'],
    ['a NUL in an argument', { kind: 'command.run', input: { argv: ['ls', 'a\0b'] } }, 'input.argv'],
    [
      'a header that splits',
      { kind: 'http.request', input: { url: 'http://a/', headers: { a: 'b\r\nc: d' } } },
      'input.headers.a',
    ],
    [
      'an argument that no kernel takes',
      { kind: 'command.run', input: { argv: ['ls', 'ü'.repeat(65_536)] } },
      'input.argv',
    ],
    [
      'a header that says where a request ends',
      { kind: 'http.request', input: { url: 'http://a/', headers: { 'Content-Length': '3' } } },
      'input.headers.Content-Length',
    ],
    ['credentials in an address', { kind: 'http.request', input: { url: 'http://me:secret@a/' } }, 'input.url'],
    ['no address at all', { kind: 'http.request', input: { url: 'nowhere' } }, 'input.url'],
    ['a scheme that is not HTTP', { kind: 'http.request', input: { url: 'file:///etc/passwd' } }, 'input.url'],
    ['an environment name with "="', code({ env: { 'A=B': '1' } }), 'input.env.A=B'],
    ['a time limit that is no number', { ...code({}), timeoutMs: Number.NaN }, 'timeoutMs'],
    ['a negative time limit', { ...code({}), timeoutMs: -1 }, 'timeoutMs'],
  ])('%s', (_name, value, field) => {
    expect(fieldOf(value)).toBe(field)
  })

  it('refuses fields that nobody knows', () => {
    expect(() => parse({ ...code({}), hostPath: '/etc' })).toThrow(/hostPath/)
  })
})

it('never throws anything but an operation error', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      try {
        parse(value)
      } catch (error) {
        expect(error).toBeInstanceOf(OperationError)
      }
    }),
  )
})

it('never lets a path with ".." through', () => {
  const path = fc
    .array(fc.constantFrom('..', '.', 'a', '', '\0', '/'), { maxLength: 6 })
    .map((parts) => parts.join('/'))
  fc.assert(
    fc.property(path, (candidate) => {
      const accepted = operationSchema.safeParse(code({ artifacts: [candidate] })).success
      if (accepted) expect(candidate).not.toMatch(/(^|\/)\.\.(\/|$)|^\/|\0/)
    }),
  )
})
