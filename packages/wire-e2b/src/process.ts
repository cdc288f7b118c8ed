import { signals } from '@caisson/core'
import { z } from 'zod'
import { int64Schema } from './schemas.ts'

const pidSchema = z.int().positive()
const uint32Schema = z.int().min(0).max(0xffff_ffff)

/** Addresses a process: by pid, or by the tag that it was started with. */
export const processSelectorSchema = z.union([z.object({ pid: pidSchema }), z.object({ tag: z.string().min(1) })])
export type ProcessSelector = z.infer<typeof processSelectorSchema>

export const processConfigSchema = z.object({
  cmd: z.string().min(1),
  args: z.array(z.string()).default([]),
  envs: z.record(z.string(), z.string()).default({}),
  cwd: z.string().optional(),
})
export type ProcessConfig = z.infer<typeof processConfigSchema>

export const ptySchema = z.object({ size: z.object({ cols: uint32Schema, rows: uint32Schema }) })
export type Pty = z.infer<typeof ptySchema>

export const startRequestSchema = z.object({
  process: processConfigSchema,
  pty: ptySchema.optional(),
  tag: z.string().optional(),
  /** Whether standard input is a pipe. Default: no, it is empty. */
  stdin: z.boolean().optional(),
  /** Extension: limits that the daemon holds itself. */
  caisson: z
    .object({
      timeoutMs: z.int().positive().optional(),
      outputLimitBytes: z.int().positive().optional(),
      journalBytes: z.int().positive().optional(),
    })
    .optional(),
})
export type StartRequest = z.input<typeof startRequestSchema>

export const connectRequestSchema = z.object({
  process: processSelectorSchema,
  /** Extension: replays the output from this position on. Without it only output to come is sent. */
  caisson: z.object({ fromOffset: int64Schema }).optional(),
})
export type ConnectRequest = z.input<typeof connectRequestSchema>

/** Why a process is over, in core's words. */
const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exited'), code: z.int().min(0).max(255) }),
  z.object({ kind: z.literal('signaled'), signal: z.string().regex(/^SIG[A-Z0-9+]{1,20}$/) }),
  z.object({ kind: z.literal('timed-out') }),
  z.object({ kind: z.literal('cancelled') }),
  z.object({ kind: z.literal('output-limit') }),
  z.object({ kind: z.literal('out-of-memory') }),
])

export const processResultSchema = z.object({
  outcome: outcomeSchema,
  durationMs: z.number().min(0),
  outputBytes: int64Schema,
})

const endEventSchema = z.object({
  /** -1 when a signal ended the process. */
  exitCode: z.int().default(0),
  exited: z.boolean().default(false),
  status: z.string(),
  error: z.string().optional(),
  caisson: processResultSchema.optional(),
})

const dataEventSchema = z
  .object({
    stdout: z.string().optional(),
    stderr: z.string().optional(),
    pty: z.string().optional(),
    /** Extension: position of the first byte among all output of the process. */
    offset: int64Schema.optional(),
  })
  .refine((data) => [data.stdout, data.stderr, data.pty].filter((part) => part !== undefined).length === 1)

/** Message of the streams of `Start` and `Connect`. The first is always `start`. Output is base64. */
export const processEventSchema = z.object({
  event: z.union([
    z.object({
      start: z.object({
        pid: pidSchema,
        /** What it takes as input, where it takes any. */
        caisson: z.object({ input: z.enum(['stdin', 'pty']) }).optional(),
      }),
    }),
    z.object({ data: dataEventSchema }),
    z.object({ end: endEventSchema }),
    z.object({ keepalive: z.object({}) }),
  ]),
})
export type ProcessEvent = z.input<typeof processEventSchema>

export const listResponseSchema = z.object({
  processes: z.array(z.object({ config: processConfigSchema, pid: pidSchema, tag: z.string().optional() })).default([]),
})
export type ListResponse = z.input<typeof listResponseSchema>

export const updateRequestSchema = z.object({ process: processSelectorSchema, pty: ptySchema.optional() })
export type UpdateRequest = z.input<typeof updateRequestSchema>

/** Bytes for a process, base64. */
export const processInputSchema = z.union([z.object({ stdin: z.string() }), z.object({ pty: z.string() })])
export type ProcessInput = z.infer<typeof processInputSchema>

export const sendInputRequestSchema = z.object({ process: processSelectorSchema, input: processInputSchema })
export type SendInputRequest = z.input<typeof sendInputRequestSchema>

/** Message of the client stream `StreamInput`. The first is `start`. */
export const streamInputRequestSchema = z.union([
  z.object({ start: z.object({ process: processSelectorSchema }) }),
  z.object({ data: z.object({ input: processInputSchema }) }),
  z.object({ keepalive: z.object({}) }),
])

/** E2B knows `SIGNAL_SIGTERM` and `SIGNAL_SIGKILL`; the others are an extension. */
export const wireSignals = signals.map((signal) => `SIGNAL_${signal}` as const)
export const sendSignalRequestSchema = z.object({ process: processSelectorSchema, signal: z.enum(wireSignals) })
export type SendSignalRequest = z.input<typeof sendSignalRequestSchema>

/** Request of `CloseStdin`, `Wait` and `Cancel`. */
export const processRequestSchema = z.object({ process: processSelectorSchema })
export type ProcessRequest = z.input<typeof processRequestSchema>

/** Extension: answer of `Wait`, given when the process is over. */
export const waitResponseSchema = z.object({ result: processResultSchema })
export type WaitResponse = z.input<typeof waitResponseSchema>
