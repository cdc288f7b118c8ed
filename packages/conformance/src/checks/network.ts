import { concatBytes, type EgressPolicy, encodeText, type Ports, type Sandbox } from '@caisson/core'
import { ensure, rejects, same, sameBytes, within } from '../kit/assert.ts'
import type { Checks, Kit } from '../kit/kit.ts'
import { follow, random, readAll, run } from '../kit/programs.ts'

const port = 17_718

function portsOf(sandbox: Sandbox): Ports {
  ensure(sandbox.ports !== undefined, 'the member ports is missing')
  return sandbox.ports
}

/** A sandbox in which something listens. */
async function listening(kit: Kit): Promise<Sandbox> {
  const { listen } = kit.target.programs ?? {}
  ensure(listen !== undefined, 'ports are declared, but the target names no program that listens')
  const sandbox = await kit.fresh()
  await follow(await sandbox.processes.spawn({ argv: listen(port) })).until('listening')
  return sandbox
}

export const portChecks: Checks = {
  'ports.echo': async (kit) => {
    const { readable, writable } = await portsOf(await listening(kit)).connect(port)
    const bytes = random(300_000)
    const writer = writable.getWriter()
    const writing = writer.write(bytes)
    const parts: Uint8Array[] = []
    let size = 0
    const reader = readable.getReader()
    while (size < bytes.byteLength) {
      const { value } = await within(5000, reader.read(), 'an answer')
      ensure(value !== undefined, `the connection ended after ${size} bytes`)
      parts.push(value)
      size += value.byteLength
    }
    await writing
    sameBytes(concatBytes(parts), bytes, 'bytes that came back')
    await writer.close()
  },

  'ports.half-close': async (kit) => {
    const { readable, writable } = await portsOf(await listening(kit)).connect(port)
    const writer = writable.getWriter()
    await writer.write(encodeText('last words'))
    await writer.close()
    same(
      new TextDecoder().decode(await within(5000, readAll(readable), 'the end of the connection')),
      'last words',
      'answer',
    )
  },

  'ports.nobody': async (kit) => {
    const ports = portsOf(await kit.shared())
    await rejects(async () => await ports.connect(17_719), 'unavailable', 'connect')
  },

  'ports.own-sandbox': async (kit) => {
    await listening(kit)
    const ports = portsOf(await kit.fresh())
    await rejects(async () => await ports.connect(port), 'unavailable', 'connect to the port of another sandbox')
  },
}

/** What a sandbox with a policy gets from the host's server on a port: the secret, or nothing. */
async function reached(kit: Kit, sandbox: Sandbox, url: string): Promise<boolean> {
  const { fetch } = kit.target.programs ?? {}
  ensure(fetch !== undefined, 'egress is declared, but the target names no program that fetches')
  const ran = await run(sandbox, fetch(url), { timeoutMs: 5000 })
  return ran.stdout.includes(kit.host.secret)
}

const allowing = (host: string, at: number, allowPrivateAddress = true): EgressPolicy => ({
  mode: 'allow',
  rules: [{ host, port: at, allowPrivateAddress }],
})

export const egressChecks: Checks = {
  'egress.allowed': async (kit) => {
    const server = await kit.host.server()
    const sandbox = await kit.fresh({ egress: allowing('127.0.0.1', server.port) })
    ensure(await reached(kit, sandbox, `http://127.0.0.1:${server.port}/`), 'the allowed server was not reached')
  },

  'egress.other-port': async (kit) => {
    const [server, other] = [await kit.host.server(), await kit.host.server()]
    const sandbox = await kit.fresh({ egress: allowing('127.0.0.1', server.port) })
    ensure(!(await reached(kit, sandbox, `http://127.0.0.1:${other.port}/`)), 'another port was reached')
  },

  'egress.no-rules': async (kit) => {
    const server = await kit.host.server()
    const sandbox = await kit.fresh({ egress: { mode: 'allow', rules: [] } })
    ensure(!(await reached(kit, sandbox, `http://127.0.0.1:${server.port}/`)), 'a server was reached without a rule')
  },

  'egress.private-address': async (kit) => {
    const server = await kit.host.server()
    const sandbox = await kit.fresh({ egress: allowing('localhost', server.port, false) })
    const seen = await reached(kit, sandbox, `http://localhost:${server.port}/`)
    ensure(!seen, 'a private address was reached although the rule does not allow it')
  },

  'egress.headers': async (kit) => {
    const [server, other] = [await kit.host.server(), await kit.host.server()]
    const value = `value-${Buffer.from(random(16)).toString('hex')}`
    const rules = [
      { host: 'localhost', port: server.port, allowPrivateAddress: true },
      { host: '127.0.0.1', port: other.port, allowPrivateAddress: true },
    ]
    // Every program that fetches has a header of that name.
    const headers = [{ host: 'localhost', set: { 'X-Conformance': value, 'User-Agent': value } }]
    const sandbox = await kit.fresh({ egress: { mode: 'allow', rules, headers } })
    ensure(await reached(kit, sandbox, `http://localhost:${server.port}/`), 'the allowed server was not reached')
    const heard = server.heard().toLowerCase().split('\r\n')
    ensure(heard.includes(`x-conformance: ${value}`), 'the header of the policy is not in the request')
    same(
      heard.filter((line) => line.startsWith('user-agent:')),
      [`user-agent: ${value}`],
      'headers of a name that the policy and the program have',
    )
    ensure(await reached(kit, sandbox, `http://127.0.0.1:${other.port}/`), 'the other server was not reached')
    ensure(!other.heard().includes(value), 'a header went to another host')
  },

  'egress.replaced': async (kit) => {
    const [first, second] = [await kit.host.server(), await kit.host.server()]
    const sandbox = await kit.fresh({ egress: allowing('127.0.0.1', first.port) })
    await sandbox.setEgress?.(allowing('127.0.0.1', second.port))
    ensure(await reached(kit, sandbox, `http://127.0.0.1:${second.port}/`), 'the newly allowed server was not reached')
    ensure(!(await reached(kit, sandbox, `http://127.0.0.1:${first.port}/`)), 'the old rule still holds')
  },
}
