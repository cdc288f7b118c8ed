import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startLocalGateway } from './support/local-gateway.ts'

const run = promisify(execFile)
const timeout = 60_000

/** A certificate for a name and all below it, and the authority that vouches for it. */
async function makeCertificate(directory: string, domain: string): Promise<{ cert: string; key: string; ca: string }> {
  const openssl = async (...words: string[]) => await run('openssl', words, { cwd: directory, timeout })
  await openssl(...'req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -subj /CN=test'.split(' '))
  await openssl(...`req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=${domain}`.split(' '))
  await writeFile(join(directory, 'names'), `subjectAltName=DNS:${domain},DNS:*.${domain}\n`)
  await openssl(...'x509 -req -in request.pem -CA ca.pem -CAkey ca.key -days 2 -out cert.pem -extfile names'.split(' '))
  const [cert = '', key = ''] = await Promise.all(
    ['cert.pem', 'key.pem'].map(async (name) => await readFile(join(directory, name), 'utf8')),
  )
  return { cert, key, ca: join(directory, 'ca.pem') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** What every address of the domain leads to, as a wildcard in the DNS would. */
const resolver = `
const dns = require('node:dns')
const lookup = dns.lookup
dns.lookup = (name, options, done) => {
  if (!name.endsWith('sandboxes.test')) return lookup(name, options, done)
  const all = typeof options === 'object' && options.all === true
  const answer = typeof options === 'function' ? options : done
  process.nextTick(() => (all ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4)))
}
`

const program = `
import { Sandbox } from 'e2b'
const sandbox = await Sandbox.create('base')
const { stdout } = await sandbox.commands.run('echo over TLS')
await sandbox.files.write('note.txt', 'signed')
const signed = await (await fetch(await sandbox.downloadUrl('note.txt'))).text()
const closed = await fetch('https://' + sandbox.getHost(3000))
const killed = await sandbox.kill()
console.log(JSON.stringify({ stdout, signed, host: sandbox.getHost(3000), closed: closed.status, killed, id: sandbox.sandboxId }))
`

test('with a wildcard name and a certificate, clients need to know the domain and nothing else', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'caisson-e2b-tls-'))
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(async () => await rm(directory, { recursive: true }))
  const { ca, ...tls } = await makeCertificate(directory, 'sandboxes.test')
  const port = await freePort()
  const domain = `sandboxes.test:${port}`
  const gateway = cleanup.use(await startLocalGateway({ domain, tls, port }))
  await writeFile(join(directory, 'resolver.cjs'), resolver)
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    timeout,
    env: {
      PATH: process.env['PATH'],
      E2B_API_KEY: gateway.connection().apiKey,
      E2B_DOMAIN: domain,
      NODE_EXTRA_CA_CERTS: ca,
      NODE_OPTIONS: `--require ${join(directory, 'resolver.cjs')}`,
    },
  })
  const said = JSON.parse(stdout)
  expect(said).toEqual({
    stdout: 'over TLS\n',
    signed: 'signed',
    host: `3000-${said.id}.${domain}`,
    closed: 502,
    killed: true,
    id: said.id,
  })
  expect(gateway.failures).toEqual([])
})
