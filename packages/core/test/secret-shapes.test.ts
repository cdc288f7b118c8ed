import { expect, it } from 'vitest'
import { secretShapes } from '../src/index.ts'

const found = (text: string) => secretShapes.filter(({ pattern }) => text.search(pattern) >= 0).map(({ name }) => name)

it.each([
  ['private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n-----END RSA PRIVATE KEY-----'],
  ['AWS access key', 'id AKIAIOSFODNN7EXAMPLE.'],
  ['GitHub token', `ghp_${'a1'.repeat(18)}`],
  ['AI provider key', `sk-ant-api03-${'x'.repeat(30)}`],
  ['Slack token', 'xoxb-123456789012-abcdef'],
  ['sandbox provider key', `e2b_${'0f'.repeat(20)}`],
  ['JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl'],
  ['password in a URL', 'postgres://admin:hunter2@db:5432/app'],
  ['authorization header', 'Authorization: Bearer abcdefghijklmnop123'],
])('knows a %s', (name, text) => {
  expect(found(text)).toEqual([name])
})

it('covers the whole of a private key, headers included, and no more', () => {
  const key = '-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-128\n\nMIIEow==\n-----END RSA PRIVATE KEY-----'
  const pattern = secretShapes.find(({ name }) => name === 'private key')?.pattern ?? /never/
  expect(`a ${key} b`.replace(pattern, '…')).toBe('a … b')
  expect(key.slice(0, -40).replace(pattern, '…')).not.toContain('PRIVATE')
})

it.each(['const sk = tasks[0]', 'see https://example.com/a:b@c', 'a basic idea', 'the akia tree', '10:30@noon'])(
  'leaves %j alone',
  (text) => {
    expect(found(text)).toEqual([])
  },
)

it.each(['-----BEGIN PRIVATE KEY-----', 'eyJaaaaaaaa.', 'bearer ', 'a://b:', 'sk-', 'A:'])(
  'stays fast on much of %j',
  (piece) => {
    const text = piece.repeat(Math.ceil(200_000 / piece.length))
    const started = performance.now()
    found(text)
    expect(performance.now() - started).toBeLessThan(2000)
  },
)
