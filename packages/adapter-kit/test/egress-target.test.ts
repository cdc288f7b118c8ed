import type { EgressPolicy, EgressRule } from '@caisson/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { authorize } from '../src/egress/authorize.ts'
import { isPublicAddress } from '../src/egress/public-address.ts'
import { canonicalHost, namesTarget, parseAbsoluteUrl, parseAuthority } from '../src/egress/request-target.ts'

describe('what a request asks for', () => {
  it.each([
    ['example.com:443', { host: 'example.com', port: 443 }],
    ['EXAMPLE.com:80', { host: 'example.com', port: 80 }],
    ['10.1.2.3:8080', { host: '10.1.2.3', port: 8080 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['[0:0:0:0:0:0:0:1]:80', { host: '::1', port: 80 }],
    ['[::ffff:127.0.0.1]:80', { host: '::ffff:7f00:1', port: 80 }],
  ])('%s is understood', (authority, target) => expect(parseAuthority(authority)).toEqual(target))

  it.each([
    'example.com',
    'example.com:0',
    'example.com:65536',
    'example.com:080',
    'example.com:443:443',
    'example.com.:443',
    '.example.com:443',
    'exam ple.com:443',
    'example.com\0.evil.com:443',
    'example.com%00.evil.com:443',
    'user@example.com:443',
    'evil.com#@example.com:443',
    'example.com/:443',
    '127.1:80',
    '0x7f.0.0.1:80',
    '0x7f000001:80',
    '2130706433:80',
    '0177.0.0.1:80',
    '127.0.0.1.:80',
    '::1:80',
    '[::1%25lo]:80',
    '[example.com]:80',
    'ｅxample.com:443',
    '',
  ])('%j is refused', (authority) => expect(parseAuthority(authority)).toBeUndefined())

  it.each([
    ['http://example.com/a?b=c', { host: 'example.com', port: 80, path: '/a?b=c' }],
    ['http://example.com', { host: 'example.com', port: 80, path: '/' }],
    ['HTTP://example.com:8080?q', { host: 'example.com', port: 8080, path: '/?q' }],
  ])('%s is understood', (url, target) => expect(parseAbsoluteUrl(url)).toEqual(target))

  it.each([
    '/relative',
    'https://example.com/',
    'ftp://example.com/',
    'http://user:pass@example.com/',
    'http://example.com\\@evil.com/',
    'http://example.com/\r\nHost: evil',
    'http://example.com/a b',
    'http:///path',
    'http://example.com./',
    'http://2130706433/',
  ])('%j is refused', (url) => expect(parseAbsoluteUrl(url)).toBeUndefined())

  it('a Host header has to name the same target', () => {
    const target = { host: 'example.com', port: 443 }
    expect(namesTarget('example.com:443', target, [443])).toBe(true)
    expect(namesTarget('Example.com', target, [443])).toBe(true)
    expect(namesTarget('evil.com:443', target, [443])).toBe(false)
    expect(namesTarget('example.com:80', target, [443])).toBe(false)
    expect(namesTarget('example.com', { host: 'example.com', port: 8443 }, [443])).toBe(false)
  })

  it('what is understood is understood the same a second time, and has no odd characters', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string(), fc.ipV4(), fc.ipV6()),
        (text) => {
          const host = canonicalHost(text)
          if (host === undefined) return
          expect(host).toMatch(/^[a-z0-9_.:-]+$/)
          expect(canonicalHost(host.includes(':') ? `[${host}]` : host)).toBe(host)
        },
      ),
    )
  })
})

describe('addresses of the public internet', () => {
  it.each(['1.1.1.1', '93.184.216.34', '2606:4700::1111'])('%s is one', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  )

  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'example.com',
    '',
  ])('%j is none', (address) => expect(isPublicAddress(address)).toBe(false))

  it('all of the private ranges are out', () => {
    const privateV4 = fc.oneof(
      fc.tuple(fc.constant(10), fc.nat(255)),
      fc.tuple(fc.constant(127), fc.nat(255)),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 })),
      fc.tuple(fc.constant(192), fc.constant(168)),
      fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 })),
    )
    fc.assert(
      fc.property(privateV4, fc.nat(255), fc.nat(255), ([a, b], c, d) => {
        expect(isPublicAddress(`${a}.${b}.${c}.${d}`)).toBe(false)
        expect(isPublicAddress(`::ffff:${a}.${b}.${c}.${d}`)).toBe(false)
      }),
    )
  })
})

describe('authorization', () => {
  const allowing = (...rules: EgressRule[]): EgressPolicy => ({ mode: 'allow', rules })
  const rules = allowing({ host: 'Example.com', port: 443 })
  const resolving =
    (...addresses: string[]) =>
    async () =>
      await Promise.resolve(addresses)

  it('grants exactly the host and port of a rule, at the address that was checked', async () => {
    const resolve = resolving('93.184.216.34')
    expect(await authorize(rules, { host: 'example.com', port: 443 }, resolve)).toEqual({
      granted: true,
      address: '93.184.216.34',
    })
    for (const target of [
      { host: 'example.com', port: 80 },
      { host: 'www.example.com', port: 443 },
      { host: 'notexample.com', port: 443 },
      { host: 'example.com.evil.net', port: 443 },
    ]) {
      expect(await authorize(rules, target, resolve)).toEqual({ granted: false, reason: 'not-allowed' })
    }
  })

  it('grants nothing without rules', async () => {
    expect(await authorize(allowing(), { host: 'example.com', port: 443 }, resolving('1.1.1.1'))).toMatchObject({
      granted: false,
    })
  })

  it('refuses a name of which any address is private', async () => {
    const target = { host: 'example.com', port: 443 }
    for (const answer of [['127.0.0.1'], ['1.1.1.1', '10.0.0.1'], ['::ffff:169.254.169.254']]) {
      expect(await authorize(rules, target, resolving(...answer))).toEqual({
        granted: false,
        reason: 'private-address',
      })
    }
  })

  it('grants a private address to a rule that says so', async () => {
    const open = allowing({ host: '127.0.0.1', port: 80, allowPrivateAddress: true })
    expect(await authorize(open, { host: '127.0.0.1', port: 80 })).toEqual({ granted: true, address: '127.0.0.1' })
    const closed = allowing({ host: '127.0.0.1', port: 80 })
    expect(await authorize(closed, { host: '127.0.0.1', port: 80 })).toMatchObject({ reason: 'private-address' })
  })

  it.each<[string, EgressPolicy, string, boolean]>([
    ['all names below one', allowing({ host: '*.Example.com', port: 443 }), 'a.b.example.com', true],
    ['not the name itself', allowing({ host: '*.example.com', port: 443 }), 'example.com', false],
    ['no name that only looks like it', allowing({ host: '*.example.com', port: 443 }), 'badexample.com', false],
    ['the addresses of a network', allowing({ host: '8.8.8.0/24', port: 'any' }), '8.8.8.8', true],
    ['none beside it', allowing({ host: '8.8.8.0/24', port: 'any' }), '8.8.9.8', false],
    ['a name whose address is in a network', allowing({ host: '1.1.1.0/24', port: 443 }), 'one.example', true],
    ['a name whose address is a network of one', allowing({ host: '1.1.1.1/32', port: 443 }), 'one.example', true],
    ['no name where only its address is named', allowing({ host: '1.1.1.1', port: 443 }), 'one.example', false],
    ['another port than that of the network', allowing({ host: '1.1.1.0/24', port: 80 }), 'one.example', false],
    ['all of the internet', allowing({ host: '*', port: 'any' }), 'one.example', true],
    ['all of the internet, and nothing private', allowing({ host: '*', port: 'any' }), '10.0.0.1', false],
    ['a private network only when it says so', allowing({ host: '10.0.0.0/8', port: 'any' }), '10.0.0.1', false],
    [
      'all but what is denied',
      { mode: 'allow', rules: [{ host: '*', port: 'any' }], deny: ['8.8.8.8'] },
      '8.8.8.8',
      false,
    ],
    [
      'all but a name that leads there',
      { mode: 'allow', rules: [{ host: '*', port: 'any' }], deny: ['1.1.0.0/16'] },
      'one.example',
      false,
    ],
    ['all else', { mode: 'allow', rules: [{ host: '*', port: 'any' }], deny: ['8.8.8.8'] }, 'one.example', true],
    [
      'what is named although it is denied',
      {
        mode: 'allow',
        rules: [
          { host: '8.8.8.8', port: 'any' },
          { host: '*', port: 'any' },
        ],
        deny: ['8.8.0.0/16'],
      },
      '8.8.8.8',
      true,
    ],
    ['nothing without a rule, denied or not', { mode: 'allow', rules: [], deny: ['8.8.8.8'] }, 'one.example', false],
    ['no network that is none', allowing({ host: '1.1.1.1/99', port: 'any' }), 'one.example', false],
    ['nothing in the mode none', { mode: 'none' }, 'one.example', false],
  ])('reaches %s', async (_what, policy, host, granted) => {
    expect((await authorize(policy, { host, port: 443 }, resolving('1.1.1.1'))).granted).toBe(granted)
  })

  it('refuses a name of which any address is denied', async () => {
    const policy: EgressPolicy = {
      mode: 'allow',
      rules: [{ host: '*', port: 'any' }],
      deny: ['9.9.9.9', '2620:fe::/48'],
    }
    for (const answer of [['1.1.1.1', '9.9.9.9'], ['2620:fe::9']])
      expect(await authorize(policy, { host: 'example.com', port: 443 }, resolving(...answer))).toEqual({
        granted: false,
        reason: 'not-allowed',
      })
  })

  it('refuses a name that does not resolve', async () => {
    const resolve = async () => await Promise.reject(new Error('no such name'))
    expect(await authorize(rules, { host: 'example.com', port: 443 }, resolve)).toMatchObject({
      reason: 'unresolvable',
    })
    expect(await authorize(rules, { host: 'example.com', port: 443 }, resolving())).toMatchObject({
      reason: 'unresolvable',
    })
  })
})
