import { readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import type { OperationInput } from '@caisson/core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { temporaryDirectory } from './support/databases.ts'
import { startTestService, type TestService } from './support/service.ts'

let service: TestService
let directory: Awaited<ReturnType<typeof temporaryDirectory>>
const code: OperationInput = { kind: 'code.execute', input: { language: 'bash', code: 'true' } }

beforeAll(async () => {
  directory = await temporaryDirectory()
  await writeFile(join(directory.path, 'policy.yaml'), "name: of-service\nversion: '1'\nextends: default\n")
  service = await startTestService({
    environment: { CAISSON_POLICY: join(directory.path, 'policy.yaml') },
    adapters: [createMemoryAdapter({ name: 'local' })],
  })
}, 60_000)
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const strict = "name: stricter\nversion: '7'\nextends: strict\n"
const lax = `name: lax
version: '1'
classes: { any: { isolation: none } }
rules: [{ id: all, then: { place: sandbox, class: any }, reason: all, text: All. }]
`

it('keeps the policy of every decision under its hash', async () => {
  const { admin } = service
  const run = await admin.runs.run(code)
  const hash = run.decision?.policy.hash ?? ''
  expect(await admin.policies.get(hash)).toMatchObject({ name: 'of-service', hash })
  expect((await admin.policies.list()).map((version) => [version.hash, version.chosen])).toContainEqual([hash, false])
  await expect(admin.policies.get('0'.repeat(64))).rejects.toMatchObject({ code: 'policy-not-found' })
})

it('says what another policy would change, and changes nothing by that', async () => {
  const { admin } = service
  await admin.runs.run(code)
  const report = await admin.policies.replay({ text: strict, sinceMs: 0 })
  expect(report.total).toBeGreaterThan(0)
  expect(report.changed).toBe(report.total)
  expect(report.changes[0]).toMatchObject({ kind: 'code.execute', before: 'local (container)', after: 'denied' })
  expect((await admin.policies.replay({ sinceMs: 0 })).changed).toBe(0)
  expect((await admin.policies.replay({ text: strict, sinceMs: Date.now() + 60_000 })).total).toBe(0)
  expect((await admin.policy()).name).toBe('of-service')
  expect((await admin.policies.list()).map(({ name }) => name)).not.toContain('stricter')
})

it('decides by the version that was chosen from the next decision on, and by that of the service again', async () => {
  const { admin } = service
  const other = await service.as('globex', 'agent')
  const version = await admin.policies.put(strict, { choose: true })
  expect(version).toMatchObject({ name: 'stricter', version: '7', chosen: true })
  const denied = await admin.decide(code)
  expect(denied.decision.placement.kind).toBe('denied')
  expect(denied.decision.policy.name).toBe('stricter')
  expect((await other.decide(code)).decision.placement.kind).toBe('sandbox')
  expect(await admin.policies.choose(null)).toMatchObject({ name: 'of-service' })
  expect((await admin.decide(code)).decision.placement.kind).toBe('sandbox')
  expect(await admin.policies.choose(version.hash)).toMatchObject({ name: 'stricter' })
  await admin.policies.choose(null)
  const told: string[] = []
  for await (const { event } of admin.audit.list()) if (event.includes('"policy.chosen"')) told.push(event)
  expect(told.slice(-3).map((event) => /"policy":"([^"]+)"/.exec(event)?.[1])).toEqual([
    'service',
    version.hash,
    'service',
  ])
})

it('lets nobody choose away what the service guards', async () => {
  const { admin } = service
  await admin.policies.put(lax, { choose: true })
  const operation: OperationInput = { ...code, egress: [{ host: 'db', port: 5432, allowPrivateAddress: true }] }
  const { decision, explanation } = await admin.decide(operation)
  expect(decision.policy.name).toBe('lax')
  expect(explanation).toContain('+ untrusted-stays-outside: matches')
  await admin.policies.choose(null)
})

it('refuses a faulty policy with line and path, and a key that may not', async () => {
  const { admin } = service
  await expect(admin.policies.put("name: x\nversion: '1'\nextends: default\nrulez: []\n")).rejects.toMatchObject({
    code: 'invalid-policy',
    message: 'policy:4:8: rulez: no such key',
  })
  const operator = await service.as('acme', 'operator')
  await expect(operator.policies.put(strict)).rejects.toMatchObject({ code: 'forbidden' })
})

it('reads the file of the service again when it changes', async () => {
  const { admin } = service
  const path = join(directory.path, 'policy.yaml')
  await writeFile(path, (await readFile(path, 'utf8')).replace("version: '1'", "version: '2'"))
  await utimes(path, 1, 1)
  await vi.waitUntil(async () => (await admin.policy()).version === '2', { timeout: 10_000 })
  expect((await admin.decide(code)).decision.policy.version).toBe('2')
})

it('explains every rule and every adapter', async () => {
  const { explanation } = await service.admin.decide(code)
  expect(explanation).toContain('- document-parse: does not match: kind is code.execute, not document.parse')
  expect(explanation).toContain('+ untrusted-code: matches: kind is code.execute')
  expect(explanation).toContain('chosen local (container')
})
