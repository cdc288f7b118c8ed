import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'

/** How the variables begin that the kit plants into its own environment. */
const canaryPrefix = 'CAISSON_CONFORMANCE_CANARY_'

export interface HostServer {
  readonly port: number
  readonly addresses: readonly string[]
  /** What the last client that said anything said first. */
  readonly heard: () => string
}

export interface HostCanaries {
  /** A directory of the host that only the kit knows. */
  readonly directory: string
  /** A file in it. */
  readonly file: string
  /** What the file holds and the environment variable says. */
  readonly secret: string
  /** A process of the host whose command line holds the secret. */
  readonly process: () => Promise<ChildProcess>
  /** A server on all addresses of the host that greets with the secret, raw or as an HTTP answer. */
  readonly server: () => Promise<HostServer>
  readonly remove: () => Promise<void>
}

/** Plants a file and an environment variable; the rest is started when first asked for. */
export async function plantHostCanaries(): Promise<HostCanaries> {
  const secret = `host-${randomUUID()}`
  const directory = await mkdtemp(join(tmpdir(), 'conformance-'))
  const file = join(directory, 'canary')
  await writeFile(file, secret)
  const variable = canaryPrefix + randomUUID().replaceAll('-', '')
  // oxlint-disable-next-line node/no-process-env -- a leak of the real environment is what is looked for
  const environment = process.env
  environment[variable] = secret
  let child: Promise<ChildProcess> | undefined
  const servers: Server[] = []

  return {
    directory,
    file,
    secret,
    process: async () => await (child ??= startProcess(secret)),
    server: async () => {
      let heard = ''
      const server = await startServer(secret, (text) => (heard = text))
      servers.push(server)
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
      const ofIpv4 = addresses.filter((entry) => entry.family === 'IPv4').map((entry) => entry.address)
      return { port, addresses: ofIpv4, heard: () => heard }
    },
    remove: async () => {
      delete environment[variable]
      ;(await child)?.kill('SIGKILL')
      for (const server of servers) server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function startProcess(secret: string): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', 'read line', secret], { stdio: ['pipe', 'ignore', 'ignore'] })
  await once(child, 'spawn')
  return child
}

async function startServer(secret: string, onHeard: (text: string) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    // Who asks over HTTP gets an answer; who only listens gets the bare secret.
    const greeting = setTimeout(() => socket.end(secret), 150)
    socket.once('data', (data: Buffer) => {
      clearTimeout(greeting)
      onHeard(data.toString('latin1'))
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${secret.length}\r\nConnection: close\r\n\r\n${secret}`)
    })
  })
  server.listen(0)
  await once(server, 'listening')
  server.unref()
  return server
}
