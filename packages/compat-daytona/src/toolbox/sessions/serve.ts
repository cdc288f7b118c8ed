import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { runProcess } from '@caisson/core'
import type {
  Command,
  CreateSessionRequest,
  Session as SessionDto,
  SessionCommandLogsResponse,
  SessionExecuteRequest,
  SessionExecuteResponse,
  SessionSendInputRequest,
} from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { DaytonaError } from '../../daytona-error.ts'
import type { Services } from '../../gateway-options.ts'
import { bodyOf, parse } from '../../http/body.ts'
import { nothing, ok } from '../../http/call.ts'
import { idSchema, type ToolboxCall, type ToolboxHandle } from '../call.ts'
import { getSession, listSessions, makeSession, removeSession } from './find.ts'
import { inputPath } from './markers.ts'
import { type Session, type SessionCommand, textOf, whenOver } from './session.ts'

const createBody = bodyOf<CreateSessionRequest>()({ sessionId: idSchema })
const executeBody = bodyOf<SessionExecuteRequest>()({
  command: z.string().min(1),
  async: z.boolean().optional(),
  runAsync: z.boolean().optional(),
  suppressInputEcho: z.boolean().optional(),
})
const inputBody = bodyOf<SessionSendInputRequest>()({ data: z.string() })

export function createSession(services: Services): ToolboxHandle<never> {
  return async (call) => {
    const body = parse(createBody, await call.json())
    await makeSession(services, call, body.sessionId)
    return { status: 201 }
  }
}

export function readSessions(services: Services): ToolboxHandle<SessionDto[]> {
  return async ({ entry }) => ok((await listSessions(services, entry)).map(sessionView))
}

export function readSession(services: Services): ToolboxHandle<SessionDto> {
  return async ({ entry, parts }) => ok(sessionView(await getSession(services, entry, parts[0] ?? '')))
}

export function deleteSession(services: Services): ToolboxHandle<never> {
  return async ({ entry, parts }) => {
    await removeSession(services, entry, parts[0] ?? '')
    return nothing
  }
}

/** `POST /process/session/{id}/exec`: after those before it. Waits for its end unless told otherwise; a caller that goes leaves it running. */
export function executeInSession(services: Services): ToolboxHandle<SessionExecuteResponse> {
  return async ({ entry, parts, json, signal }) => {
    const { command: text, runAsync, async: isAsync } = parse(executeBody, await json())
    const session = await getSession(services, entry, parts[0] ?? '')
    if (session.isOver()) throw new DaytonaError(410, `session ${session.id} has ended`, { code: 'SESSION_ENDED' })
    const command = await session.run(randomUUID(), text)
    if (runAsync === true || isAsync === true) return { status: 202, body: { cmdId: command.id } }
    await whenOver(command, signal)
    return ok({ cmdId: command.id, ...logsOf(command), exitCode: command.exitCode ?? 0 })
  }
}

export function readCommand(services: Services): ToolboxHandle<Command> {
  return async (call) => ok(commandView(await commandOf(services, call)))
}

export function readLogs(services: Services): ToolboxHandle<SessionCommandLogsResponse> {
  return async (call) => ok(logsOf(await commandOf(services, call)))
}

/** A line for the standard input of a command that runs. */
export function sendInput(services: Services): ToolboxHandle<never> {
  return async (call) => {
    const { data } = parse(inputBody, await call.json())
    const command = await commandOf(services, call)
    await Promise.race([command.begun.promise, aborted(call.signal)])
    if (command.exitCode !== undefined)
      throw new DaytonaError(410, 'the command is over', { code: 'COMMAND_ALREADY_COMPLETED' })
    const input = Buffer.from(data.endsWith('\n') ? data : `${data}\n`)
    const { outcome } = await runProcess(
      call.entry.sandbox,
      { argv: ['sh', '-c', '[ -p "$0" ] && exec cat > "$0"', inputPath(command.id)], timeoutMs: 30_000 },
      { input, signal: call.signal },
    )
    if (outcome.kind === 'exited' && outcome.code === 0) return nothing
    throw new DaytonaError(409, 'the command takes no input now')
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  await once(signal, 'abort')
  throw signal.reason
}

export async function commandOf(
  services: Services,
  { entry, parts }: Pick<ToolboxCall, 'entry' | 'parts'>,
): Promise<SessionCommand> {
  const [session = '', id = ''] = parts
  const command = (await getSession(services, entry, session)).commands.get(id)
  if (command !== undefined) return command
  throw new DaytonaError(404, `command ${id} not found`, { code: 'PROCESS_NOT_FOUND' })
}

function logsOf(command: SessionCommand): SessionCommandLogsResponse {
  return { output: textOf(command), stdout: textOf(command, 'stdout'), stderr: textOf(command, 'stderr') }
}

function sessionView({ id, commands }: Session): SessionDto {
  return { sessionId: id, commands: [...commands.values()].map(commandView) }
}

function commandView({ id, text, exitCode }: SessionCommand): Command {
  return { id, command: text, ...(exitCode === undefined ? {} : { exitCode }) }
}
