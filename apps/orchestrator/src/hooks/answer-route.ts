import { hookAnswerSchema, hookListSchema } from '@caisson/api/schemas'
import { isOperationError, type OperationErrorCode, type OrganizationId, organizationIdSchema } from '@caisson/core'
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

/**
 * Where a system outside sees approvals and answers them, with requests that are signed as what the hook is sent:
 * `POST /hooks/<organization>/<hook>` and `POST /hooks/<organization>/<hook>/approvals`.
 */
export function addAnswerRoute(server: FastifyInstance, store: HookStore, approvals: Engine['approvals']): void {
  /** The organization for which the request speaks, if it is genuine. */
  const speaksFor = async ({ params, body, headers }: SignedRequest): Promise<OrganizationId | undefined> => {
    const organization = organizationIdSchema.safeParse(params.organization)
    const header = headers['caisson-signature']
    const isGenuine =
      organization.success &&
      typeof body === 'string' &&
      typeof header === 'string' &&
      isSigned(await store.secretOf(organization.data, params.hook), body, { header, nowMs: Date.now() }) &&
      (await store.exists(organization.data, params.hook))
    return isGenuine ? organization.data : undefined
  }

  void server.register(async (scope) => {
    // The signature is over the bytes as they came.
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    scope.post<{ Params: HookParams }>('/hooks/:organization/:hook', options, async (request, reply) => {
      const organization = await speaksFor(request)
      if (organization === undefined) return await refuse(reply)
      const answer = hookAnswerSchema.safeParse(parseJson(request.body))
      if (!answer.success || answer.data.organization !== organization) {
        return await sendError(reply, 400, {
          message: 'not an answer to an approval of this organization',
          remedy: 'send {"organization", "approval", "verdict": "grant" or "deny", "by", "reason"}',
        })
      }
      const { approval: id, verdict, by, reason } = answer.data
      const { hook } = request.params
      try {
        const context = { organization, agent: `hook ${hook}` }
        return await reply.send(await approvals[verdict](id, context, { by: `${by} (hook ${hook})`, name: by, reason }))
      } catch (error) {
        const status = isOperationError(error) ? statusOf[error.code] : undefined
        if (status === undefined || !isOperationError(error)) throw error
        return await sendError(reply, status, { message: error.message, remedy: error.remedy })
      }
    })
    scope.post<{ Params: HookParams }>('/hooks/:organization/:hook/approvals', options, async (request, reply) => {
      const organization = await speaksFor(request)
      if (organization === undefined) return await refuse(reply)
      const query = hookListSchema.safeParse(parseJson(request.body))
      if (!query.success || query.data.organization !== organization) {
        return await sendError(reply, 400, {
          message: 'not a question for the approvals of this organization',
          remedy:
            'send {"organization", "state": "pending", "granted", "denied" or "expired"}; without a state all are listed',
        })
      }
      return await reply.send({ approvals: await approvals.list({ organization }, { state: query.data.state }) })
    })
  })
}

interface HookParams {
  readonly organization: string
  readonly hook: string
}

interface SignedRequest {
  readonly params: HookParams
  readonly body: unknown
  readonly headers: NodeJS.Dict<string | string[]>
}

const options = { bodyLimit: 64 * 1024 }

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
