import { createLocalAdapter } from '@caisson/adapter-local'
import { type EgressPolicy, runShell, type Sandbox } from '@caisson/core'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeServerCertificate } from './support/server-certificate.ts'
import { whyNoGvisor } from './support/gvisor.ts'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const secret = 'Bearer of-the-service-alone'
/** What programs are told to fetch, each in its own way of trusting. */
const clients = {
  curl: (url: string) => `curl -sS --max-time 20 -H 'authorization: mine' '${url}'`,
  python: (url: string) =>
    `python3 -c "import urllib.request as r; print(r.urlopen('${url}', timeout=20).read().decode())"`,
  node: (url: string) => `node -e "
    const { connect } = require('http'), url = new URL('${url}')
    require('http').request({ host: '127.0.0.1', port: 3128, method: 'CONNECT', path: url.host, headers: { host: url.host } })
      .on('connect', (_, socket) => require('https').get(url, { createConnection: () =>
        require('tls').connect({ socket, servername: url.hostname }) }, (answer) => answer.pipe(process.stdout))).end()"`,
} as const

type Allowing = Extract<EgressPolicy, { mode: 'allow' }>

const tiers = [
  { tier: 'container', reason: whyNot() },
  { tier: 'gvisor', reason: whyNoGvisor() },
] as const

describe.each(tiers)('headers on the way out of a sandbox of the tier $tier', ({ tier, reason }) => {
  describe.skipIf(reason !== undefined)(reason === undefined ? '' : `(skipped: ${reason})`, () => {
    const state = temporaryState()
    const { certificate, key } = makeServerCertificate('localhost')
    const stranger = makeServerCertificate('localhost')
    const options = { stateDirectory: state, tier, egressAuthorities: [certificate] } as const
    const adapter = createLocalAdapter(options)
    const servers: Server[] = []
    const ports = { plain: 0, secure: 0, stranger: 0 }

    const echo = (request: IncomingMessage, response: ServerResponse): void =>
      void response.end(JSON.stringify(request.headersDistinct['authorization'] ?? []))
    const listen = async (server: Server): Promise<number> => {
      servers.push(server.listen(0, 'localhost'))
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    }
    const policy = (set: Readonly<Record<string, string>> = { Authorization: secret }): Allowing => ({
      mode: 'allow',
      rules: [{ host: 'localhost', port: 'any', allowPrivateAddress: true }],
      headers: [{ host: 'localhost', set: { ...set } }],
    })
    const run = async (sandbox: Sandbox, script: string): Promise<string> => {
      const { stdout, stderr } = await runShell(sandbox, script, { timeoutMs: 40_000 })
      return Buffer.concat([stdout, stderr]).toString().trim()
    }

    let sandbox: Sandbox
    beforeAll(async () => {
      ports.plain = await listen(createHttpServer(echo))
      ports.secure = await listen(createHttpsServer({ cert: certificate, key }, echo))
      ports.stranger = await listen(createHttpsServer({ cert: stranger.certificate, key: stranger.key }, echo))
      sandbox = await adapter.create({ egress: policy() })
    }, 60_000)
    afterAll(async () => {
      await sandbox.destroy()
      await adapter[Symbol.asyncDispose]()
      for (const server of servers) server.close()
    })

    it.each(['curl', 'python', 'node'] as const)(
      'are in the requests of %s',
      async (name) => {
        const answer = await run(sandbox, clients[name](`https://localhost:${ports.secure}/`))
        expect(answer).toBe(JSON.stringify([secret]))
      },
      60_000,
    )

    it('are in the requests of a cell', async () => {
      const cell = `import urllib.request as r; print(r.urlopen('https://localhost:${ports.secure}/', timeout=20).read().decode())`
      let printed = ''
      for await (const event of (await sandbox.code?.run(cell)) ?? [])
        printed += event.type === 'stdout' ? event.text : ''
      expect(printed.trim()).toBe(JSON.stringify([secret]))
    }, 60_000)

    it('are in requests without TLS', async () => {
      expect(await run(sandbox, clients.curl(`http://localhost:${ports.plain}/`))).toBe(JSON.stringify([secret]))
    }, 60_000)

    it('are nowhere in the sandbox, and neither is the key of its authority', async () => {
      // In brackets, so that the search does not find itself.
      const found = await run(
        sandbox,
        `{ env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline; tail -n 20 /run/caisson-certificates.pem
           grep -rIs --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr 'of-the-servic[e]-alone' /; } 2>/dev/null | tr '\\0' '\\n'`,
      )
      expect(found).toContain('BEGIN CERTIFICATE')
      expect(found).toContain('SSL_CERT_FILE=/run/caisson-certificates.pem')
      expect(found).not.toContain('PRIVATE KEY')
      expect(found).not.toContain('of-the-service-alone')
    }, 60_000)

    it('are not sent to who shows the certificate of a stranger, and the program is told why', async () => {
      const answer = await run(sandbox, `${clients.curl(`https://localhost:${ports.stranger}/`)} -w ' %{http_code}'`)
      expect(answer).toBe('The certificate that localhost shows is not accepted: DEPTH_ZERO_SELF_SIGNED_CERT\n 502')
    }, 60_000)

    it('leave a sandbox alone that has none', async () => {
      const plain = await adapter.create({ egress: { ...policy(), headers: [] } })
      const url = `https://localhost:${ports.secure}/`
      expect(await run(plain, 'ls /run; env')).not.toContain('caisson-certificates')
      expect(await run(plain, clients.curl(url))).toContain('certificate')
      expect(await run(plain, `${clients.curl(url)} --insecure`)).toBe('["mine"]')
      await plain.destroy()
    }, 60_000)

    it('can be given, changed and taken away while it runs, and another process goes on with them', async () => {
      const url = `https://localhost:${ports.secure}/`
      const late = await adapter.create({ egress: { ...policy(), headers: [] } })
      await late.setEgress?.(policy())
      expect(await run(late, clients.curl(url))).toBe(JSON.stringify([secret]))
      await late.setEgress?.(policy({ authorization: 'Bearer other' }))
      expect(await run(late, clients.curl(url))).toBe(JSON.stringify(['Bearer other']))

      await late.detach()
      const other = createLocalAdapter(options)
      const again = await other.connect(late.id)
      await again.setEgress?.(policy({ authorization: 'Bearer third' }))
      expect(await run(again, clients.curl(url))).toBe(JSON.stringify(['Bearer third']))
      await again.setEgress?.({ ...policy(), headers: [] })
      expect(await run(again, `${clients.curl(url)} --insecure`)).toBe('["mine"]')
      await again.destroy()
      await other[Symbol.asyncDispose]()
    }, 120_000)

    it('go along with forks, and come anew with what is made of a snapshot', async ({ skip }) => {
      if (tier === 'container') skip('this tier writes no memory down')
      const url = `https://localhost:${ports.secure}/`
      const [fork] = (await sandbox.fork?.(1)) ?? []
      expect(fork && (await run(fork, clients.curl(url)))).toBe(JSON.stringify([secret]))
      const { template = '' } = (await sandbox.snapshot?.('with-headers')) ?? {}
      const fresh = await adapter.create({ template, egress: policy({ authorization: 'Bearer fresh' }) })
      expect(await run(fresh, clients.curl(url))).toBe(JSON.stringify(['Bearer fresh']))
      await fork?.destroy()
      await fresh.destroy()
    }, 120_000)

    it.each([
      ['a line break in a value', { host: 'localhost', set: { 'X-Key': 'a\r\nX-Other: b' } }],
      ['a name that is none', { host: 'localhost', set: { 'X Key': 'a' } }],
      ['a header of the connection', { host: 'localhost', set: { 'Content-Length': '5' } }],
      ['a header twice', { host: 'localhost', set: { 'X-Key': 'a', 'x-key': 'b' } }],
      ['everything', { host: '*', set: { 'X-Key': 'a' } }],
      ['a star in the middle', { host: 'a.*.com', set: { 'X-Key': 'a' } }],
      ['an address', { host: '127.0.0.1', set: { 'X-Key': 'a' } }],
    ])('are refused with %s', async (_, headers) => {
      const egress = { ...policy(), headers: [headers] } as EgressPolicy
      await expect(adapter.create({ egress })).rejects.toMatchObject({
        code: 'invalid-argument',
        field: expect.stringMatching(/^egress\.headers/),
      })
    })
  })
})
