import { ConnectError, connectStatus, errnoHeader } from '@caisson/wire-e2b'
import type { Config } from '../config.ts'
import { readMessage } from '../connect-protocol.ts'
import { toConnectError } from '../errno.ts'
import { asCString, asEnvironment, asFields, asText, optional } from '../fields.ts'
import type { ProcessTable } from '../process/process-table.ts'
import type { User } from '../user.ts'
import { createContextTable } from './contexts.ts'
import { streamExecution } from './execution.ts'

/** Answers `/execute` and `/contexts` as E2B's code interpreter does. Failures are plain text there. */
export type KernelService = (request: Request, pathname: string, user: User) => Promise<Response>

export function createKernelService(config: Config, processes: ProcessTable): KernelService {
  const contexts = createContextTable(config, processes)

  async function execute(request: Request, user: User): Promise<Response> {
    const fields = asFields(await readMessage(request), 'request')
    const id = optional(fields['context_id'], 'context_id', asText)
    const language = optional(fields['language'], 'language', asText)
    if (id !== undefined && language !== undefined)
      throw new ConnectError('invalid_argument', 'Only one of context_id or language can be provided')
    const code = asText(fields['code'], 'code')
    const env = optional(fields['env_vars'], 'env_vars', asEnvironment) ?? {}
    const context = id === undefined ? contexts.defaultFor(language ?? 'python', user) : contexts.find(id)
    return streamExecution(context, { code, env }, contexts.onCellEnd)
  }

  async function create(request: Request, user: User): Promise<Response> {
    const fields = asFields(await readMessage(request), 'request')
    const language = optional(fields['language'], 'language', asText) ?? 'python'
    return Response.json(contexts.create(language, optional(fields['cwd'], 'cwd', asCString), user))
  }

  async function answer(request: Request, pathname: string, user: User): Promise<Response> {
    const [, , id] = pathname.split('/')
    const route = `${request.method} ${pathname.replace(/^(\/contexts\/)[^/]+/, '$1:id')}`
    switch (route) {
      case 'POST /execute':
        return await execute(request, user)
      case 'POST /contexts':
        return await create(request, user)
      case 'GET /contexts':
        return Response.json(contexts.list(user))
      case 'POST /contexts/:id/restart':
        await contexts.find(id ?? '').restart()
        return new Response(null, { status: 204 })
      case 'DELETE /contexts/:id':
        await contexts.remove(id ?? '')
        return new Response(null, { status: 204 })
      default:
        throw new ConnectError('not_found', `there is no ${request.method} ${pathname}`)
    }
  }

  return async (request, pathname, user) => {
    try {
      return await answer(request, pathname, user)
    } catch (error) {
      const { code, message, errno } = toConnectError(error)
      const headers = { 'content-type': 'text/plain', ...(errno === undefined ? {} : { [errnoHeader]: errno }) }
      return new Response(message, { status: connectStatus[code], headers })
    }
  }
}
