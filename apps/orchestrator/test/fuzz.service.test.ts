import { apiRouter } from '@caisson/api'
import { operationKinds } from '@caisson/core'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestService, type TestService } from './support/service.ts'

let service: TestService

beforeAll(async () => {
  service = await startTestService()
})
afterAll(async () => await service[Symbol.asyncDispose]())

/** What Postgres, shells and parsers stumble over. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '\0',
    'a\0b',
    '\ud800',
    "'; drop table runs; --",
    '../../etc/passwd',
    '$(id)',
    '\u202e',
    'x'.repeat(5000),
  ),
)
const value = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 3 }),
)
const operation = fc.record(
  {
    kind: fc.constantFrom(...operationKinds),
    input: fc.record(
      {
        language: fc.constant('bash'),
        code: text,
        argv: fc.array(text, { minLength: 1, maxLength: 3 }),
        name: text,
        content: fc.record({ text }),
        url: fc.oneof(text, fc.webUrl()),
        entity: text,
        id: text,
        value,
        query: text,
        files: fc.array(fc.record({ path: text, content: fc.record({ text }) }), { maxLength: 2 }),
        env: fc.dictionary(text, text, { maxKeys: 2 }),
      },
      { requiredKeys: [] },
    ),
    timeoutMs: fc.constant(200),
    session: text,
    agentType: text,
  },
  { requiredKeys: ['kind', 'input'] },
)
const input = fc.oneof(
  fc.record(
    { id: text, run: text, cursor: text, reason: text, limit: value, after: value, name: text, role: text, path: text },
    { requiredKeys: [] },
  ),
  fc.record({ operation }),
  value,
)

it('answers whatever comes with what is wrong with it, and never fails', async () => {
  const headers = { authorization: `Bearer ${service.adminKey}`, 'content-type': 'application/json' }
  const names = Object.keys(apiRouter._def.procedures).filter((name) => name !== 'runs.events')
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), input, async (name, given) => {
      const response = await fetch(`${service.url}/trpc/${name}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(given),
      })
      const body = await response.text()
      expect(response.status, body).toBeLessThan(500)
      expect(body).not.toContain('node_modules')
    }),
    { numRuns: 400 },
  )
}, 100_000)

it('answers what is not JSON, not a procedure and not a method', async () => {
  const headers = { authorization: `Bearer ${service.adminKey}`, 'content-type': 'application/json' }
  const status = async (path: string, init: RequestInit = {}) =>
    (await fetch(`${service.url}${path}`, { headers, ...init })).status
  expect(await status('/trpc/whoami', { method: 'POST', body: '{' })).toBe(400)
  expect(await status('/trpc/whoami?input=%7B')).toBe(400)
  expect(await status('/trpc/nonsense')).toBe(404)
  expect(await status('/trpc/runs.submit', { method: 'DELETE' })).toBe(405)
  expect(await status(`/trpc/${'x'.repeat(6000)}`)).toBe(414)
  expect(await status('/trpc/runs.get', { method: 'POST', body: `${'['.repeat(20_000)}${']'.repeat(20_000)}` })).toBe(
    400,
  )
  expect(await status('/')).toBe(404)
})
