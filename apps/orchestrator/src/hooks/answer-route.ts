import { hookAnswerSchema } from '@caisson/api/schemas'
import { isOperationError, type OperationErrorCode, organizationIdSchema } from '@caisson/core'
import type { Engine } from '@caisson/engine'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { sendError } from '../http/send-error.ts'
import type { HookStore } from './hook-store.ts'
import { isSigned } from './signature.ts'

const statusOf: Readonly<Partial<Record<OperationErrorCode, number>>> = {
  'approval-not-found': 404,
  'approval-expired': 412,
  conflict: 409,
  forbidden: 403,
}

/** Where a system outside answers approvals: `POST /hooks/<organization>/<hook>`, signed as what the hook is sent. */
export function addAnswerRoute(server: FastifyInstance, store: HookStore, approvals: Engine['approvals']): void {
  void server.register(async (scope) => {
    // The signature is over the bytes as they came.
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    scope.post<{ Params: { organization: string; hook: string } }>(
      '/hooks/:organization/:hook',
      { bodyLimit: 64 * 1024 },
      async (request, reply) => {
        const { body, headers } = request
        const organization = organizationIdSchema.safeParse(request.params.organization)
        const { hook } = request.params
        const header = headers['caisson-signature']
        const isGenuine =
          organization.success &&
          typeof body === 'string' &&
          typeof header === 'string' &&
          isSigned(await store.secretOf(organization.data, hook), body, { header, nowMs: Date.now() }) &&
          (await store.exists(organization.data, hook))
        if (!isGenuine) return await refuse(reply)
        const answer = hookAnswerSchema.safeParse(parseJson(body))
        if (!answer.success || answer.data.organization !== organization.data) {
          return await sendError(reply, 400, {
            message: 'not an answer to an approval of this organization',
            remedy: 'send {"organization", "approval", "verdict": "grant" or "deny", "by", "reason"}',
          })
        }
        const { approval: id, verdict, by, reason } = answer.data
        try {
          const context = { organization: organization.data, agent: `hook ${hook}` }
          return await reply.send(await approvals[verdict](id, context, { by: `${by} (hook ${hook})`, reason }))
        } catch (error) {
          const status = isOperationError(error) ? statusOf[error.code] : undefined
          if (status === undefined || !isOperationError(error)) throw error
          return await sendError(reply, status, { message: error.message, remedy: error.remedy })
        }
      },
    )
  })
}

async function refuse(reply: FastifyReply): Promise<FastifyReply> {
  return await sendError(reply, 401, {
    message: 'the request is not signed by a hook of this organization',
    remedy:
      'sign it with the secret of the hook: Caisson-Signature: t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>">',
  })
}

function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return undefined
  }
}
