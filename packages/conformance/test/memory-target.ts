import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import type { ByteChannel, SandboxAdapter } from '@caisson/core'
import type { ConformanceTarget } from '../src/index.ts'
import { createMemoryAdapter, createMemoryWorld, type MemoryAdapterOptions, type Program } from '../src/memory/index.ts'

/** Real TCP, so that the kit's servers on the host are what the sandbox reaches or does not reach. */
async function network(host: string, port: number): Promise<ByteChannel> {
  const socket = connect({ host, port })
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  return Duplex.toWeb(socket)
}

/** A connection that asks nobody. */
export const directConnect: Program = async (context) => {
  const { readable } = await network(context.argv[1] ?? '', Number(context.argv[2]))
  for await (const part of readable) await context.stdout.write(part)
  return 0
}

const listen: Program = async (context) => {
  context.listen(
    Number(context.argv[1]),
    ({ readable, writable }) => void readable.pipeTo(writable).catch(() => undefined),
  )
  await context.stdout.write('listening\n')
  await context.sleep(600_000)
  return 0
}

const connectProgram: Program = async (context) => {
  const { readable } = await context.connect(context.argv[1] ?? '', Number(context.argv[2]))
  for await (const part of readable) await context.stdout.write(part)
  return 0
}

const fetchProgram: Program = async (context) => {
  const url = new URL(context.argv[1] ?? '')
  const { readable, writable } = await context.connect(url.hostname, Number(url.port))
  await writable
    .getWriter()
    .write(new TextEncoder().encode(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: memory\r\n\r\n`))
  for await (const part of readable) await context.stdout.write(part)
  return 0
}

/** The memory adapter as a target; `change` makes it a broken one. */
export function memoryTarget(
  change: (adapter: SandboxAdapter) => SandboxAdapter = (adapter) => adapter,
  options: MemoryAdapterOptions = {},
): ConformanceTarget {
  const world = createMemoryWorld()
  return {
    name: options.name ?? 'memory',
    createAdapter: () =>
      change(
        createMemoryAdapter({
          world,
          network,
          createMs: 4,
          ...options,
          programs: { listen, connect: connectProgram, fetch: fetchProgram, ...options.programs },
        }),
      ),
    programs: {
      listen: (port) => ['listen', String(port)],
      connect: (host, port) => ['connect', host, String(port)],
      fetch: (url) => ['fetch', url],
    },
  }
}
