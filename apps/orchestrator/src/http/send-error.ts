import type { FastifyReply } from 'fastify'

/** Answers as tRPC does, so that the client reads failures outside procedures in the same way. */
export async function sendError(
  reply: FastifyReply,
  status: number,
  { message, remedy }: { readonly message: string; readonly remedy?: string | undefined },
): Promise<FastifyReply> {
  const code =
    status === 401 ? 'unauthenticated' : status === 403 ? 'forbidden' : status < 500 ? 'invalid-operation' : 'internal'
  const caisson = { kind: 'operation', code, message, ...(remedy === undefined ? {} : { remedy }), retryable: false }
  return await reply.code(status).send({ error: { message, code: -32_600, data: { httpStatus: status, caisson } } })
}
