import { type CellAnswer, ConnectError, connectStatus, errnoHeader, launchMessageBytes } from '@caisson/wire-e2b'
import type { Config } from '../config.ts'
import { readMessage } from '../connect-protocol.ts'
import { toConnectError } from '../errno.ts'
import { asCString, asEnvironment, asFields, asText, type Fields, optional } from '../fields.ts'
import type { ProcessTable } from '../process/process-table.ts'
import type { User } from '../user.ts'
import { createContextTable } from './contexts.ts'
import { type Execution, startExecution } from './execution.ts'

export interface KernelService {
  /** Answers `/execute` and `/contexts` as E2B's code interpreter does. Failures are plain text there. */
  readonly answer: (request: Request, pathname: string, user: User) => Promise<Response>
  /** Runs a cell for a client that asks over the line. */
  readonly answerCell: (execute: Fields, hasRoom: boolean, user: User) => Promise<CellAnswer>
}

/** A cell for whose outcome nobody asks in this time is given up. */
const unaskedMs = 10_000

export function createKernelService(config: Config, processes: ProcessTable): KernelService {
  const contexts = createContextTable(config, processes)
  /** Cells for whose outcome their client has yet to ask, by name. */
  const unasked = new Map<string, Execution>()

  function start(fields: Fields, user: User): Execution {
    const id = optional(fields['context_id'], 'context_id', asText)
    const language = optional(fields['language'], 'language', asText)
    if (id !== undefined && language !== undefined)
      throw new ConnectError('invalid_argument', 'Only one of context_id or language can be provided')
    const code = asText(fields['code'], 'code')
    const env = optional(fields['env_vars'], 'env_vars', asEnvironment) ?? {}
    const context = id === undefined ? contexts.defaultFor(language ?? 'python', user) : contexts.find(id)
    return startExecution(context, { code, env }, contexts.onCellEnd)
  }

  async function answerCell(execute: Fields, hasRoom: boolean, user: User): Promise<CellAnswer> {
    const execution = start(execute, user)
    await execution.grown
    const lines = hasRoom ? execution.whole() : undefined
    if (lines !== undefined && lines.length < launchMessageBytes / 2) return { lines }
    const name = crypto.randomUUID()
    unasked.set(name, execution)
    setTimeout(() => takeUnasked(name)?.giveUp(), unaskedMs)
    return { execution: name }
  }

  function takeUnasked(name: string): Execution | undefined {
    const execution = unasked.get(name)
    unasked.delete(name)
    return execution
  }

  function find(name: string): Execution {
    const execution = takeUnasked(name)
    if (execution === undefined) throw new ConnectError('not_found', `Execution ${name} not found`)
    return execution
  }

  async function create(request: Request, user: User): Promise<Response> {
    const fields = asFields(await readMessage(request), 'request')
    const language = optional(fields['language'], 'language', asText) ?? 'python'
    return Response.json(contexts.create(language, optional(fields['cwd'], 'cwd', asCString), user))
  }

  async function answer(request: Request, pathname: string, user: User): Promise<Response> {
    const [, , id = ''] = pathname.split('/')
    const route = `${request.method} ${pathname.replace(/^(\/(?:contexts|execute)\/)[^/]+/, '$1:id')}`
    switch (route) {
      case 'POST /execute':
        return start(asFields(await readMessage(request), 'request'), user).tell()
      case 'GET /execute/:id':
        return find(id).tell()
      case 'DELETE /execute/:id':
        find(id).giveUp()
        return new Response(null, { status: 204 })
      case 'POST /contexts':
        return await create(request, user)
      case 'GET /contexts':
        return Response.json(contexts.list(user))
      case 'POST /contexts/:id/restart':
        await contexts.find(id).restart()
        return new Response(null, { status: 204 })
      case 'DELETE /contexts/:id':
        await contexts.remove(id)
        return new Response(null, { status: 204 })
      default:
        throw new ConnectError('not_found', `there is no ${request.method} ${pathname}`)
    }
  }

  return {
    answer: async (request, pathname, user) => {
      try {
        return await answer(request, pathname, user)
      } catch (error) {
        const { code, message, errno } = toConnectError(error)
        const headers = { 'content-type': 'text/plain', ...(errno === undefined ? {} : { [errnoHeader]: errno }) }
        return new Response(message, { status: connectStatus[code], headers })
      }
    },
    answerCell,
  }
}
