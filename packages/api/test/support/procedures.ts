import { callTRPCProcedure } from '@trpc/server'
import { z } from 'zod'
import { type ApiContext, apiRouter } from '../../src/index.ts'
import { roleSchema } from '../../src/schemas/index.ts'

const definition = z.object({
  type: z.enum(['query', 'mutation', 'subscription']),
  inputs: z.array(z.unknown()),
  output: z.unknown(),
  meta: z.object({ role: roleSchema }),
})

const built = z.custom<{ readonly _def: unknown }>()

export const procedures = Object.entries(apiRouter._def.procedures).map(([name, procedure]) => {
  const { type, inputs, output, meta } = definition.parse(built.parse(procedure)._def)
  return { name, type, inputs, output, meta }
})

/** Calls by name, as a request does, and reads a subscription to its end. */
export async function callProcedure(name: string, input: unknown, ctx: ApiContext): Promise<unknown> {
  const type = procedures.find((procedure) => procedure.name === name)?.type ?? 'query'
  const answer: unknown = await callTRPCProcedure({
    router: apiRouter,
    path: name,
    type,
    ctx,
    getRawInput: async () => input,
    signal: undefined,
    batchIndex: 0,
  })
  if (type !== 'subscription') return answer
  return await Array.fromAsync(z.custom<AsyncIterable<unknown>>().parse(answer))
}
