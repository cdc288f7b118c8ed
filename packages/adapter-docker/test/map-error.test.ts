import { SandboxError } from '@caisson/core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { mapError, type Subject } from '../src/map-error.ts'

const failure = (details: object): Error => Object.assign(new Error('what the engine said'), details)

test.each<[Subject, object, string]>([
  ['image', { statusCode: 404 }, 'template-not-found'],
  ['container', { statusCode: 404 }, 'sandbox-not-found'],
  ['engine', { statusCode: 404 }, 'provider'],
  ['container', { statusCode: 409 }, 'conflict'],
  ['image', { statusCode: 401 }, 'unauthenticated'],
  ['image', { statusCode: 403 }, 'permission-denied'],
  ['engine', { statusCode: 429 }, 'rate-limited'],
  ['engine', { statusCode: 503 }, 'unavailable'],
  ['engine', { statusCode: 500 }, 'provider'],
  ['engine', { code: 'ENOENT' }, 'unavailable'],
  ['engine', { code: 'ECONNREFUSED' }, 'unavailable'],
  ['container', { code: 'ECONNRESET' }, 'unavailable'],
  ['engine', { code: 'EACCES' }, 'permission-denied'],
  ['engine', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'unauthenticated'],
  ['engine', { statusCode: 400 }, 'unauthenticated'],
  ['container', { statusCode: 400 }, 'unsupported'],
  ['engine', { code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' }, 'unauthenticated'],
  ['engine', { reason: 1 }, 'permission-denied'],
  ['engine', { reason: 2 }, 'unavailable'],
  ['engine', { level: 'client-authentication' }, 'unauthenticated'],
  ['engine', { level: 'client-socket' }, 'unavailable'],
  ['engine', {}, 'provider'],
])('%s %j is %s', (subject, details, code) => {
  const cause = failure(details)
  const error = mapError('docker', subject, cause)
  expect(error).toMatchObject({ code, adapter: 'docker', cause })
  expect(error.message).toContain('what the engine said')
})

test('only what may go by itself is retryable, and what does not go by itself has a remedy', () => {
  expect(mapError('docker', 'engine', failure({ code: 'ECONNREFUSED' }))).toMatchObject({
    retryable: true,
    remedy: /start/,
  })
  expect(mapError('docker', 'image', failure({ statusCode: 404 }))).toMatchObject({ retryable: false, remedy: /pull/ })
  expect(mapError('docker', 'engine', failure({ code: 'EACCES' }))).toMatchObject({ remedy: /group/ })
})

test('an answer that is not understood is a matter of the protocol', () => {
  const { error } = z.string().safeParse(1)
  expect(mapError('docker', 'engine', error).code).toBe('protocol')
})

test('what is mapped already stays what it is', () => {
  const error = new SandboxError('no-space', 'docker', 'full')
  expect(mapError('docker', 'engine', error)).toBe(error)
})
