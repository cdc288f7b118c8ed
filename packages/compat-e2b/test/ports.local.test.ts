import { request } from 'node:http'
import { connect } from 'node:net'
import { Sandbox } from 'e2b'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLocalGateway } from './support/local-gateway.ts'
import type { TestGateway } from './support/start-gateway.ts'
import { until } from './support/until.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startLocalGateway()
})
afterAll(async () => await gateway[Symbol.asyncDispose]())

interface Answer {
  readonly status: number
  readonly body: string
}

/** Node does not resolve names below localhost, so the name goes into the header alone. */
async function get(host: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: gateway.port, headers: { ...headers, host } }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => (body += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    })
    asked.on('error', reject).end()
  })
}

const echo = `python3 -c "
import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(str(self.headers).encode())
    def log_message(self, *a): pass
http.server.HTTPServer(('', 8000), H).serve_forever()"`

const secureServer = `
import http.server, ssl
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(b'over TLS')
server = http.server.HTTPServer(('', 8443), H)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('/tmp/cert.pem', '/tmp/key.pem')
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()`

describe('ports', () => {
  test('are found by host name, and say when nobody listens', async () => {
    const sandbox = await Sandbox.create('base', gateway.connection())
    const host = sandbox.getHost(8000)
    expect(host).toBe(`8000-${sandbox.sandboxId}.localhost:${gateway.port}`)
    const closed = await get(host)
    expect(closed.status).toBe(502)
    expect(JSON.parse(closed.body)).toEqual({
      sandboxId: sandbox.sandboxId,
      message: 'The sandbox is running but port is not open',
      port: 8000,
      code: 502,
    })
    const page = await get(host, { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' })
    expect(page).toMatchObject({ status: 502, body: expect.stringContaining('<title>Closed Port Error</title>') })
    await sandbox.commands.run(echo, { background: true })
    await until(async () => (await get(host)).status === 200)
    const { body } = await get(host, { 'x-api-key': gateway.connection().apiKey })
    expect(body).toContain(`Host: ${host}`)
    expect(body).not.toContain(gateway.connection().apiKey)
    await sandbox.kill()
    const gone = await get(host)
    expect(gone.status).toBe(502)
    expect(JSON.parse(gone.body)).toMatchObject({ message: 'The sandbox was not found' })
  })

  test('that speak TLS are spoken to so, where the owner says which', async () => {
    const sandbox = await Sandbox.create('base', { ...gateway.connection(), network: { httpsPorts: [8443] } })
    await sandbox.commands.run(
      'openssl req -x509 -newkey rsa:2048 -keyout /tmp/key.pem -out /tmp/cert.pem -days 1 -nodes -subj /CN=localhost',
    )
    await sandbox.files.write('serve.py', secureServer)
    await sandbox.commands.run('python3 serve.py', { background: true })
    const host = sandbox.getHost(8443)
    await until(async () => (await get(host)).status === 200)
    expect((await get(host)).body).toBe('over TLS')
    expect((await sandbox.getInfo()).network?.httpsPorts).toEqual([8443])
    await sandbox.kill()
  })

  test('are closed to who has no traffic token, and see the host that they are told', async () => {
    const sandbox = await Sandbox.create('base', {
      ...gateway.connection(),
      network: { allowPublicTraffic: false, maskRequestHost: 'inside.example:${PORT}' },
    })
    await sandbox.commands.run(echo, { background: true })
    const host = sandbox.getHost(8000)
    const token = { 'e2b-traffic-access-token': sandbox.trafficAccessToken ?? '' }
    await until(async () => (await get(host, token)).status === 200)
    expect((await get(host)).status).toBe(403)
    const { body } = await get(host, token)
    expect(body).toContain('Host: inside.example:8000')
    expect(body).not.toContain(sandbox.trafficAccessToken ?? '-')
    await sandbox.kill()
  })

  test('take connections that become something else', async () => {
    const sandbox = await Sandbox.create('base', gateway.connection())
    await sandbox.commands.run(
      `python3 -c "
import socket
s = socket.create_server(('127.0.0.1', 9000))
while True:
    c, _ = s.accept()
    c.recv(65536)
    c.sendall(b'HTTP/1.1 101 Switching Protocols\\r\\nconnection: Upgrade\\r\\nupgrade: shout\\r\\n\\r\\n')
    c.sendall(c.recv(100).upper())
    c.close()"`,
      { background: true },
    )
    const host = sandbox.getHost(9000)
    await until(async () => (await shout(host, 'hello')).endsWith('HELLO'))
    await sandbox.kill()
  })
})

async function shout(host: string, text: string): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1')
  socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: Upgrade\r\nupgrade: shout\r\n\r\n`)
  let heard = ''
  let said = false
  for await (const part of socket.setEncoding('utf8') as AsyncIterable<string>) {
    heard += part
    if (!said && heard.includes('\r\n\r\n')) socket.write(text)
    said ||= heard.includes('\r\n\r\n')
  }
  return heard
}
