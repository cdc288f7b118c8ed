import { z } from 'zod'
import { toDaytonaError } from '../../daytona-error.ts'
import { parse } from '../../http/body.ts'
import { exitCodeOf } from '../process/run.ts'
import { closeCodes, send, type SocketCall, type SocketHandle } from '../sockets.ts'
import { attachTerminal, createTerminal, type OpenTerminal, ptyOptionsSchema } from './terminals.ts'

export const exitControl = 'X-Daytona-Pty-Exit-Control'
const envsPrefix = 'X-Daytona-Pty-Envs~'

/** `/process/pty/create-connect`: a new terminal, and a way to it. */
export const createAndConnect: SocketHandle = async (call) => {
  const { query, protocols } = call
  await connected(call, async () => {
    const encoded = protocols.find((protocol) => protocol.startsWith(envsPrefix))?.slice(envsPrefix.length)
    const options = parse(ptyOptionsSchema, {
      ...Object.fromEntries(query),
      ...(encoded === undefined ? {} : { envs: readEnvs(encoded) }),
    })
    return await createTerminal(call, options)
  })
}

/** `/process/pty/{id}/connect`: a way to a terminal that is there. What it printed before comes first. */
export const connectPty: SocketHandle = async (call) => {
  await connected(call, async () => await attachTerminal(call.entry, call.parts[0] ?? ''))
}

function readEnvs(encoded: string): unknown {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text)
      } catch {
        context.addIssue({ code: 'custom', message: 'not JSON' })
        return z.NEVER
      }
    })
    .parse(Buffer.from(encoded, 'base64url').toString('utf8'))
}

async function connected(call: SocketCall, open: () => Promise<OpenTerminal>): Promise<void> {
  const { socket } = call
  let terminal: OpenTerminal
  try {
    terminal = await open()
  } catch (error) {
    const { message } = toDaytonaError(error)
    await send(socket, JSON.stringify({ type: 'control', status: 'error', error: message }))
    socket.close(closeCodes.failed, JSON.stringify({ error: message.slice(0, 90) }))
    return
  }
  await send(socket, JSON.stringify({ type: 'control', status: 'connected' }))
  await relay(call, terminal)
}

/** Both ways, until the terminal ends or the client goes; the terminal outlives its clients. */
async function relay({ socket, signal, protocols }: SocketCall, { process, input }: OpenTerminal): Promise<void> {
  socket.on('message', (data) => {
    const bytes = Array.isArray(data)
      ? Buffer.concat(data)
      : Buffer.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data)
    // A terminal that has just ended takes no more; its end is told below.
    input?.write(bytes).catch(() => undefined)
  })
  const reader = process.output.getReader()
  signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined), { once: true })
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    await send(socket, value.bytes)
  }
  if (signal.aborted) return
  const { outcome } = await process.wait()
  const exitCode = exitCodeOf(outcome)
  const exitReason = outcome.kind === 'exited' ? {} : { exitReason: outcome.kind }
  if (protocols.includes(exitControl))
    await send(socket, JSON.stringify({ type: 'control', status: 'exited', exitCode, ...exitReason }))
  socket.close(closeCodes.normal, JSON.stringify({ exitCode, ...exitReason }))
}
