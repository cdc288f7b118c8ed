import { once } from 'node:events'
import { environmentSchema, secondMs } from '@caisson/core'
import { z } from 'zod'
import { toDaytonaError } from '../../daytona-error.ts'
import { closeCodes, send, type SocketCall, type SocketHandle } from '../sockets.ts'
import { interpreterOf } from './contexts.ts'

const usualSeconds = 600
const mostSeconds = 24 * 60 * 60
const executeSchema = z.object({
  code: z.string().min(1),
  contextId: z.string().optional(),
  envs: environmentSchema.optional(),
  /** 0: none. */
  timeout: z.number().min(0).max(mostSeconds).nullish(),
})

/** `/process/interpreter/execute`: the first message is a cell, and what comes of it is told as it comes. */
export const executeCode: SocketHandle = async (call) => {
  const { socket, signal } = call
  const [message]: unknown[] = await once(socket, 'message', { signal })
  const given = executeSchema.safeParse(readJson(message))
  if (!given.success)
    return socket.close(closeCodes.failed, `not a request: ${given.error.issues[0]?.message ?? ''}`.slice(0, 120))
  const { timeout } = given.data
  const seconds = timeout ?? usualSeconds
  const limit = seconds === 0 ? undefined : AbortSignal.timeout(seconds * secondMs)
  try {
    await tell(call, given.data, limit)
  } catch (error) {
    if (signal.aborted) return
    if (limit?.aborted === true) return socket.close(closeCodes.timeout, 'timeout')
    return socket.close(closeCodes.failed, toDaytonaError(error).message.slice(0, 120))
  }
  if (limit?.aborted === true) return socket.close(closeCodes.timeout, 'timeout')
  socket.close(closeCodes.normal)
}

async function tell(
  { entry, env, socket, signal }: SocketCall,
  { code, contextId, envs }: z.output<typeof executeSchema>,
  limit: AbortSignal | undefined,
): Promise<void> {
  const stream = await interpreterOf(entry).run(code, {
    ...(contextId === undefined || contextId === '' ? { language: 'python' } : { context: contextId }),
    env: { ...env.set, ...envs },
    signal: limit === undefined ? signal : AbortSignal.any([signal, limit]),
  })
  for await (const event of stream) {
    switch (event.type) {
      case 'stdout':
      case 'stderr':
        await send(socket, JSON.stringify({ type: event.type, text: event.text }))
        break
      case 'error': {
        const { name, value, traceback } = event
        await send(socket, JSON.stringify({ type: 'error', name, value, traceback }))
        break
      }
      case 'result':
        // Daytona's interpreter shows only what code prints.
        break
      case 'end':
        if (limit?.aborted !== true) await send(socket, JSON.stringify({ type: 'control', text: 'completed' }))
        break
    }
  }
}

function readJson(message: unknown): unknown {
  try {
    return JSON.parse(String(message))
  } catch {
    return undefined
  }
}
