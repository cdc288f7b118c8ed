import { OperationError } from '@caisson/core'
import { initTRPC, TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { mayActAs, type Role } from './schemas/caller.ts'
import type { ApiContext, Scope } from './context.ts'
import { publicCode, publicData } from './error-map.ts'

const t = initTRPC
  .context<ApiContext>()
  .meta<{ readonly role: Role }>()
  .create({
    isDev: false,
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 40_000 } },
    errorFormatter: ({ error, shape, ctx }) => {
      const code = publicCode(error)
      const caisson = publicData(error, ctx?.requestId)
      return {
        message: caisson.message,
        code: TRPC_ERROR_CODES_BY_KEY[code],
        data: { ...shape.data, code, httpStatus: getHTTPStatusCodeFromError(new TRPCError({ code })), caisson },
      }
    },
  })

/** The one place where a request is let in, refused, and bound to its organization. A procedure that names no role is for admins. */
const authorize = t.middleware(async ({ ctx, meta, next }) => {
  const { caller } = ctx
  if (caller === undefined) {
    throw new OperationError('unauthenticated', 'no valid API key came with the request', {
      remedy: 'send the key in the header "Authorization: Bearer <key>"',
    })
  }
  const role = meta?.role ?? 'admin'
  if (!mayActAs(caller, role)) {
    throw new OperationError('forbidden', `this needs a key with the role ${role}; yours has ${caller.role}`)
  }
  const scope: Scope = {
    organization: caller.organization,
    agent: `${caller.keyName} (${caller.keyPrefix})`,
    agentName: caller.keyName,
    traceparent: ctx.traceparent,
  }
  return await next({ ctx: { caller, scope } })
})

export const { router } = t
export const agentProcedure = t.procedure.meta({ role: 'agent' }).use(authorize)
export const operatorProcedure = t.procedure.meta({ role: 'operator' }).use(authorize)
export const adminProcedure = t.procedure.meta({ role: 'admin' }).use(authorize)
