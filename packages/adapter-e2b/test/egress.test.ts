import type { EgressPolicy } from '@caisson/core'
import { expect, it } from 'vitest'
import { capabilities } from '../src/capabilities.ts'
import { checkEgress, toNetwork } from '../src/egress.ts'

const apiKey = 'e2b_0'
const closed = capabilities({ apiKey })
const web = capabilities({ apiKey, egress: 'web' })
const allowing = (host: string, port: number | 'any' = 443, allowPrivateAddress = false): EgressPolicy => ({
  mode: 'allow',
  rules: [{ host, port, allowPrivateAddress }],
})

it('lets nothing out unless the adapter was told that both ports of the web may open', () => {
  expect(() => checkEgress('e2b', allowing('pypi.org'), closed)).toThrow(
    expect.objectContaining({ code: 'unsupported' }),
  )
  expect(() => checkEgress('e2b', allowing('pypi.org'), web)).not.toThrow()
  expect(closed.features).not.toContain('egress-allow')
  expect(toNetwork({ mode: 'none' })).toEqual({ allowInternetAccess: false })
  expect(toNetwork({ mode: 'allow', rules: [] })).toEqual({ allowInternetAccess: false })
  expect(toNetwork(allowing('pypi.org'))).toEqual({
    allowInternetAccess: true,
    allowOut: ['pypi.org'],
    denyOut: ['0.0.0.0/0'],
  })
})

it('opens the internet but for what is denied', () => {
  const policy: EgressPolicy = {
    mode: 'allow',
    rules: [
      { host: '1.1.1.1', port: 'any' },
      { host: '*', port: 'any' },
    ],
    deny: ['1.0.0.0/8'],
  }
  expect(() => checkEgress('e2b', policy, web)).not.toThrow()
  expect(toNetwork(policy)).toEqual({ allowInternetAccess: true, allowOut: ['1.1.1.1'], denyOut: ['1.0.0.0/8'] })
})

it('has E2B put headers into requests, and none that would name its secrets', () => {
  const policy = (value: string): EgressPolicy => ({
    mode: 'allow',
    rules: [{ host: 'pypi.org', port: 443 }],
    headers: [{ host: 'pypi.org', set: { 'X-Key': value } }],
  })
  expect(() => checkEgress('e2b', policy('value'), web)).not.toThrow()
  expect(toNetwork(policy('value')).rules).toEqual({ 'pypi.org': [{ transform: { headers: { 'X-Key': 'value' } } }] })
  expect(() => checkEgress('e2b', policy('${e2b.secrets.other}'), web)).toThrow(
    expect.objectContaining({ code: 'unsupported', field: 'egress.headers.0.set' }),
  )
})

it.each([
  ['a name on any port', allowing('pypi.org', 'any'), 'egress.rules.0.port'],
  ['another port', allowing('pypi.org', 22), 'egress.rules.0.port'],
  ['an address', allowing('1.1.1.1'), 'egress.rules.0.host'],
  ['an address of version 6', allowing('2606:4700::1111'), 'egress.rules.0.host'],
  ['a network', allowing('0.0.0.0/0'), 'egress.rules.0.host'],
  ['every name', allowing('*'), 'egress.rules.0.host'],
  ['private networks', allowing('db.internal', 443, true), 'egress.rules.0.allowPrivateAddress'],
])('refuses what the rules of E2B cannot say: %s', (_what, policy, field) => {
  expect(() => checkEgress('e2b', policy, web)).toThrow(expect.objectContaining({ code: 'unsupported', field }))
})
