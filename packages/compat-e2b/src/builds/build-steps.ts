import { z } from 'zod'

const noControl = /^[^\p{Cc}]*$/u
const word = z.string().min(1).max(4096).regex(noControl, 'has control characters')
const ownerPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,31})?$/
const userName = z.string().regex(ownerPattern, 'not a user')
const optionalWord = z
  .string()
  .nullish()
  .transform((text) => (text === '' || text === null ? undefined : text))
const filesHash = z.string().regex(/^[A-Za-z0-9]{1,128}$/, 'not a hash')
const mostSteps = 500
const longestCommand = 64 * 1024

const pairs = z
  .array(z.string().max(longestCommand))
  .refine((args) => args.length % 2 === 0, 'names and values come in pairs')
  .transform((args) => args.flatMap((name, at) => (at % 2 === 0 ? [[name, args[at + 1] ?? ''] as const] : [])))
  .pipe(z.array(z.tuple([z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a name'), z.string().regex(noControl)])))

/** One instruction of E2B's build format; `args` is a list whose places mean something else in each. */
const stepSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('RUN'),
    args: z.tuple([z.string().min(1).max(longestCommand)], optionalWord.pipe(userName.optional())),
  }),
  z.object({
    type: z.literal('COPY'),
    args: z
      .tuple([word, word], optionalWord)
      .refine(([, , owner]) => owner === undefined || ownerPattern.test(owner), 'not an owner')
      .refine(([, , , mode]) => mode === undefined || /^0?[0-7]{3,4}$/.test(mode), 'not a mode'),
    filesHash,
  }),
  z.object({ type: z.literal('ENV'), args: pairs }),
  z.object({ type: z.literal('WORKDIR'), args: z.tuple([word], z.unknown()) }),
  z.object({ type: z.literal('USER'), args: z.tuple([userName], z.unknown()) }),
])
export type BuildStep = z.output<typeof stepSchema>

/** Body of `POST /v2/templates/{id}/builds/{id}`. */
export const buildBodySchema = z.object({
  fromImage: z.string().max(512).nullish(),
  fromTemplate: z.string().max(256).nullish(),
  fromImageRegistry: z.unknown().optional(),
  steps: z.array(stepSchema).max(mostSteps).default([]),
  startCmd: z.string().max(longestCommand).nullish(),
  readyCmd: z.string().max(longestCommand).nullish(),
  force: z.boolean().nullish(),
})
