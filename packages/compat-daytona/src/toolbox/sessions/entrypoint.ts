import type { Session as SessionDto, SessionCommandLogsResponse } from '@daytona/toolbox-api-client'
import { ok } from '../../http/call.ts'
import { findEntrypoint } from '../../sandboxes/entrypoint.ts'
import type { ToolboxHandle } from '../call.ts'
import { printedSoFar } from '../process/printed-so-far.ts'
import { exitCodeOf } from '../process/run.ts'
import { closeCodes, send, type SocketHandle } from '../sockets.ts'
import { streamMarkers } from './follow.ts'

const sessionId = 'entrypoint'
const lookMs = 50

/** The program of the image or the snapshot, if it has one, as the one command of a session. */
export const readEntrypoint: ToolboxHandle<SessionDto> = async ({ entry, record }) => {
  const process = await findEntrypoint(entry.sandbox)
  if (process === undefined) return ok({ sessionId, commands: [] })
  await process.output.cancel()
  const ended = await process.wait({ deadline: Date.now() + lookMs }).catch(() => undefined)
  const exit = ended === undefined ? {} : { exitCode: exitCodeOf(ended.outcome) }
  return ok({ sessionId, commands: [{ id: sessionId, command: (record.entrypoint ?? []).join(' '), ...exit }] })
}

export const readEntrypointLogs: ToolboxHandle<SessionCommandLogsResponse> = async ({ entry }) => {
  const process = await findEntrypoint(entry.sandbox)
  if (process === undefined) return ok({ output: '', stdout: '', stderr: '' })
  const { stdout, stderr } = await printedSoFar(process)
  return ok({ output: `${stdout}${stderr}`, stdout, stderr })
}

/** All that it prints, to its end. */
export const followEntrypoint: SocketHandle = async ({ entry, socket, signal }) => {
  const process = await findEntrypoint(entry.sandbox)
  const reader = process?.output.getReader()
  signal.addEventListener('abort', () => void reader?.cancel().catch(() => undefined), { once: true })
  for (;;) {
    const piece = (await reader?.read())?.value
    if (piece === undefined) break
    const marker = streamMarkers[piece.stream === 'stderr' ? 'stderr' : 'stdout']
    await send(socket, Buffer.concat([marker, piece.bytes]))
  }
  socket.close(closeCodes.normal)
}
