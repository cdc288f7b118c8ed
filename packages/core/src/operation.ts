import { z } from 'zod'
import { egressRuleSchema } from './egress.ts'
import { featureSchema } from './capabilities.ts'
import { artifactIdSchema } from './ids.ts'
import { isolationLevelSchema } from './isolation.ts'
import { environmentSchema, resourcesSchema } from './sandbox-spec.ts'
import { hourMs, kib, mib } from './units.ts'
import { volumeBytesSchema, volumePathSchema } from './volumes.ts'

export const operationKinds = [
  'code.execute',
  'command.run',
  'document.parse',
  'http.request',
  'agents.parallel',
  'batch.run',
  'database.read',
  'entity.write',
  'tool.call',
] as const
export const operationKindSchema = z.enum(operationKinds)
export type OperationKind = z.infer<typeof operationKindSchema>

export const languages = ['python', 'javascript', 'bash'] as const
export const languageSchema = z.enum(languages)
export type Language = z.infer<typeof languageSchema>

/** Code above this is refused: it is data and belongs into a file. */
export const maxCodeBytes = 1 * mib
/** No longer argument is taken by any Linux, with the NUL at its end. */
const maxArgumentBytes = 128 * kib - 1
/** Inline files and documents above this belong into an artifact. */
export const maxInlineBytes = 16 * mib

const relativePath = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (path) =>
      !path.startsWith('/') && !path.includes('\0') && !path.split('/').some((part) => part === '..' || part === ''),
    'use a path relative to the working directory, without ".." and empty parts',
  )

const base64Content = z.base64().max(Math.ceil((maxInlineBytes * 4) / 3) + 4)

/** Bytes that an operation brings along: inline, or an artifact of an earlier run. */
export const contentSchema = z.union([
  z.strictObject({ base64: base64Content }),
  z.strictObject({ text: z.string().max(maxInlineBytes) }),
  z.strictObject({ artifact: artifactIdSchema }),
])
export type Content = z.infer<typeof contentSchema>

export const inputFileSchema = z.strictObject({ path: relativePath, content: contentSchema })
export type InputFile = z.infer<typeof inputFileSchema>

/** What code and commands have in common. Paths are relative to the working directory of the run. */
const workspace = {
  files: z.array(inputFileSchema).max(1000).default([]),
  /** Files to keep after the run, as paths or `*` and `**` patterns. Declared and missing ones are reported, not fatal. */
  artifacts: z.array(relativePath).max(100).default([]),
  env: environmentSchema.default({}),
  stdin: z.string().max(maxInlineBytes).optional(),
}

const codeInput = z.strictObject({
  language: languageSchema,
  code: z
    .string()
    .min(1)
    .refine(
      (code) => new TextEncoder().encode(code).byteLength <= maxCodeBytes,
      `code is limited to ${maxCodeBytes} bytes; pass data as files`,
    ),
  ...workspace,
})

/**
 * With `stateful` the code is a cell: it runs in the context of its language that the session has, finds what earlier cells left, and the
 * value of the run holds its results in all formats. It is interrupted, and not resumed, when the engine stops.
 */
const cellInput = codeInput.extend({ stateful: z.boolean().optional() })

const commandInput = z.strictObject({
  argv: z
    .tuple([z.string().min(1)], z.string())
    .refine((argv) => argv.every((part) => !part.includes('\0')), 'arguments must not contain NUL')
    .refine(
      (argv) => argv.every((part) => new TextEncoder().encode(part).byteLength <= maxArgumentBytes),
      `an argument is limited to ${maxArgumentBytes} bytes; pass more as a file or as standard input`,
    ),
  ...workspace,
})

const documentInput = z.strictObject({
  /** The name under which it was uploaded; its extension is a claim that inspection checks. */
  name: z.string().min(1).max(255),
  content: contentSchema,
})

/** Headers that say where a request goes and where it ends. */
const framing: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding'])

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username !== '' || password !== ''
}

const httpInput = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  url: z
    .url({ protocol: /^https?$/ })
    .refine((text) => !hasCredentials(text), 'put credentials into the header authorization instead of the address'),
  headers: z
    .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string().regex(/^[^\r\n\0]*$/))
    .superRefine((headers, context) => {
      for (const name of Object.keys(headers).filter((name) => framing.has(name.toLowerCase()))) {
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'leave it out: it follows from the address and the body',
        })
      }
    })
    .default({}),
  body: z.string().max(maxInlineBytes).optional(),
})

const wallClockMs = z
  .int()
  .min(100)
  .max(24 * hourMs)

const taskSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('code.execute'), input: codeInput }),
  z.strictObject({ kind: z.literal('command.run'), input: commandInput }),
])

const agentsInput = z.strictObject({
  /** What all of them work on: each reads it from standard input, unless its task has one of its own. */
  query: z
    .string()
    .min(1)
    .max(64 * kib)
    .optional(),
  agents: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        task: taskSchema,
        /** Wall-clock limit of this agent, from when its turn has come. Default: the time of the run. */
        timeoutMs: wallClockMs.optional(),
      }),
    )
    .min(1)
    .max(100),
  /** A directory that all agents of the run see and may write in. It goes with the run. Needs the feature `volumes`, and the limit `volume` for a size. */
  share: z
    .strictObject({ path: volumePathSchema.default('/shared'), sizeBytes: volumeBytesSchema.optional() })
    .optional(),
  /** How many run at one time. */
  concurrency: z.int().min(1).max(100).default(4),
  onFailure: z.enum(['continue', 'cancel-all']).default('continue'),
})

/** When and how often an item that failed is tried again. A failure that trying again cannot mend is never tried again. */
const retrySchema = z.strictObject({
  /** How often an item is tried at most, those times included in which its worker died. */
  attempts: z.int().min(1).max(20).default(3),
  /** Before the second try. Doubles with each further one; a part of it is chance. */
  delayMs: z.int().min(0).max(hourMs).default(1_000),
  maxDelayMs: z.int().min(0).max(hourMs).default(60_000),
  /** Exit codes that mean that trying again is of no use. Default: bad usage, bad data and missing input, as `sysexits.h` has them. */
  permanentExitCodes: z.array(z.int().min(1).max(255)).max(255).default([64, 65, 66]),
})

const batchInput = z
  .strictObject({
    /** Run once per item, which it reads as JSON from standard input. What it prints to standard output is the item's result. */
    task: codeInput.omit({ stdin: true }),
    items: z.array(z.json()).min(1).max(10_000),
    /** Files of each item, in the order of the items: they are there for their own item and for no other. */
    itemFiles: z.array(z.array(inputFileSchema).max(10)).max(10_000).optional(),
    concurrency: z.int().min(1).max(100).default(4),
    /** Wall-clock limit of one try of one item. Default: the time of the run. */
    itemTimeoutMs: wallClockMs.optional(),
    retry: retrySchema.default(retrySchema.parse({})),
  })
  .refine(({ items, itemFiles }) => itemFiles === undefined || itemFiles.length === items.length, {
    path: ['itemFiles'],
    message: 'give as many lists of files as there are items',
  })

const databaseInput = z.strictObject({
  /** Name of a query that the host function knows. Never SQL. */
  query: z.string().min(1).max(128),
  parameters: z.record(z.string(), z.json()).default({}),
})

const entityInput = z.strictObject({
  entity: z.string().min(1).max(128),
  id: z.string().min(1).max(256),
  value: z.json(),
})

/** A tool that the caller itself has. On the host the run only gives the permission to call it, once; in a sandbox `task` runs instead of it. */
const toolInput = z.strictObject({
  tool: z.string().min(1).max(128),
  arguments: z.json().default({}),
  /** What does the same in a sandbox. */
  task: taskSchema.optional(),
})

const common = {
  /** Who wrote what is about to run. Unknown origin is `untrusted`, which is the default. */
  trust: z.enum(['trusted', 'internal', 'untrusted']).default('untrusted'),
  sensitivity: z.enum(['public', 'internal', 'restricted']).default('internal'),
  expectedDurationMs: z
    .int()
    .min(0)
    .max(24 * hourMs)
    .optional(),
  /** Wall-clock limit of the run. */
  timeoutMs: wallClockMs.default(60_000),
  resources: resourcesSchema.partial().default({}),
  /** Destinations that the caller asks for; the policy may cut them. */
  egress: z.array(egressRuleSchema).max(100).default([]),
  /** Package registries that the caller asks for, by the names that the policy gives them; it may cut them. */
  packages: z.array(z.string().min(1).max(64)).max(20).optional(),
  /** Ports of the sandbox that the caller wants to have served, or any that comes up; the policy may cut them. */
  ports: z.union([z.literal('any'), z.array(z.int().min(1).max(65_535)).max(20)]).optional(),
  /** Abilities that the sandbox must have. */
  features: z.array(featureSchema).max(20).optional(),
  /** The weakest isolation that the caller accepts. The policy may ask for more and never for less. */
  isolation: isolationLevelSchema.optional(),
  /** Where in the world it has to run, as the adapters name it. */
  region: z.string().min(1).max(64).optional(),
  template: z.string().max(256).optional(),
  /** What kind of agent asks, for policies that tell them apart. */
  agentType: z.string().max(64).optional(),
  /** Operations of one session share a sandbox as long as it lives and the decisions allow it. */
  session: z.string().max(128).optional(),
}

/** What an agent wants done. Everything beside `kind` and `input` has a cautious default. */
export const operationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('code.execute'), input: cellInput, ...common }),
  z.strictObject({ kind: z.literal('command.run'), input: commandInput, ...common }),
  z.strictObject({ kind: z.literal('document.parse'), input: documentInput, ...common }),
  z.strictObject({ kind: z.literal('http.request'), input: httpInput, ...common }),
  z.strictObject({ kind: z.literal('agents.parallel'), input: agentsInput, ...common }),
  z.strictObject({ kind: z.literal('batch.run'), input: batchInput, ...common }),
  z.strictObject({ kind: z.literal('database.read'), input: databaseInput, ...common }),
  z.strictObject({ kind: z.literal('entity.write'), input: entityInput, ...common }),
  z.strictObject({ kind: z.literal('tool.call'), input: toolInput, ...common }),
])
/** An operation as callers write it. */
export type OperationInput = z.input<typeof operationSchema>
/** An operation with its defaults filled in. */
export type Operation = z.output<typeof operationSchema>
export type OperationOf<Kind extends OperationKind> = Extract<Operation, { kind: Kind }>
