import { expect, it } from 'vitest'
import { hostCheck } from '../src/http/host-check.ts'

it.each(['127.0.0.1', 'localhost', '::1'])('takes on %s only names that mean this machine', (bound) => {
  const isOurs = hostCheck(bound, [])
  for (const host of ['127.0.0.1:7718', 'localhost', 'LOCALHOST:80', '[::1]:7718'])
    expect(isOurs(host), host).toBe(true)
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '', '10.0.0.1', undefined]) {
    expect(isOurs(host), String(host)).toBe(false)
  }
})

it('takes the names that are configured, and any name elsewhere than on loopback unless some are', () => {
  expect(hostCheck('127.0.0.1', ['caisson.example'])('caisson.example')).toBe(true)
  expect(hostCheck('0.0.0.0', [])('anything')).toBe(true)
  expect(hostCheck('0.0.0.0', ['caisson.example'])('anything')).toBe(false)
  expect(hostCheck('0.0.0.0', ['caisson.example'])('Caisson.example:443')).toBe(true)
})
