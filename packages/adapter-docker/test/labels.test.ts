import { sandboxIdSchema } from '@caisson/core'
import { expect, test } from 'vitest'
import { containerName, label, readExpiry, readRecord, sandboxLabels, type SandboxRecord } from '../src/labels.ts'
import { defaultUser } from '../src/template-user.ts'

const record: SandboxRecord = {
  id: sandboxIdSchema.parse('sb0-1.2'),
  template: 'base',
  createdAtMs: 1,
  onExpiry: 'destroy',
  ttlMs: 1000,
  diskBytes: 0,
  labels: { organization: 'acme', run: 'with spaces and "quotes"' },
  volumes: [],
  user: defaultUser,
  egress: { mode: 'allow', rules: [{ host: 'example.com', port: 443 }] },
  accessToken: 'token',
}

test('a record comes back from the labels as it was', () => {
  expect(readRecord(sandboxLabels('default', record, 'me'))).toEqual(record)
})

test('labels of others are no record', () => {
  for (const value of [
    undefined,
    '',
    '{',
    '{}',
    JSON.stringify({ ...record, more: 1 }),
    JSON.stringify({ ...record, id: '../x' }),
  ]) {
    expect(readRecord(value === undefined ? {} : { [label.record]: value })).toBeUndefined()
  }
})

test('the labels of a caller cannot take the place of ours', () => {
  const labels = sandboxLabels('default', { ...record, labels: { role: 'helper', sandbox: 'other' } }, 'me')
  expect(labels[label.role]).toBe('sandbox')
  expect(labels[label.sandbox]).toBe(record.id)
})

test('the end of life comes back from the name', () => {
  expect(readExpiry(`/${containerName(record.id, 1_795_228_352_307)}`)).toBe(1_795_228_352_307)
  for (const name of ['/caisson-x', '/other-1795228352307', '/caisson-x-9999999999999999']) {
    expect(readExpiry(name)).toBeUndefined()
  }
})
