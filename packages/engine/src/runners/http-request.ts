import { OperationError, type OperationOf, SandboxError, toErrorData } from '@caisson/core'
import { z } from 'zod'
import { explainLimit } from './explain-limit.ts'
import { missingProgram } from './missing-program.ts'
import type { Json, RunnerContext, RunnerResult } from './runner.ts'
import { runTool } from './run-tool.ts'
import { httpRequestScript } from './scripts/http-request.ts'
import { writeFiles } from './workspace.ts'

const field = 'input.url'

const answerSchema = z.union([
  z.strictObject({
    status: z.int().min(100).max(999),
    headers: z.record(z.string().max(256), z.string().max(64 * 1024)),
    base64: z.base64(),
    truncated: z.boolean(),
  }),
  /** Nobody answered. */
  z.strictObject({ error: z.string().max(600) }),
  /** The way out of the sandbox refused it. */
  z.strictObject({ refused: z.string().max(40) }),
])

/** One request to one host, made inside the sandbox. Whatever the server answers is a success; no answer is a failure. */
export async function httpRequest(
  operation: OperationOf<'http.request'>,
  context: RunnerContext,
): Promise<RunnerResult> {
  const { input, timeoutMs } = operation
  const limitBytes = context.limits.contentBytes
  // Only what changes nothing at the other end may be sent again after an interruption.
  const repeatable = input.method === 'GET' || input.method === 'HEAD'
  const asked = {
    method: input.method,
    url: addressOf(input.url),
    headers: input.headers,
    body: input.body ?? null,
    timeoutSeconds: timeoutMs / 1000,
    limitBytes,
  }
  return await context.inSandbox({ slot: '', repeatable }, async (workplace) => {
    const result = await runTool(context, workplace, {
      argv: ['python3', '-I', '-c', httpRequestScript],
      tag: context.run,
      timeoutMs,
      stdin: JSON.stringify(asked),
      prepare: async () => await writeFiles(context, workplace, { files: [], field: 'input' }),
      repeatable,
      // Base64 and headers around the body.
      keepBytes: 2 * limitBytes + 1024 * 1024,
    }).catch((error: unknown) => {
      throw missingProgram(error, 'python3')
    })
    const { outcome } = result
    if (outcome.kind !== 'exited' || outcome.code !== 0) {
      return {
        succeeded: false,
        outcome,
        value: null,
        artifacts: [],
        error: explainLimit(outcome, { timeoutMs, outputBytes: limitBytes }),
      }
    }
    return { ...toResult(result.stdout, input.url), outcome }
  })
}

function toResult(stdout: string, url: string): RunnerResult {
  const answer = parseAnswer(stdout)
  if ('refused' in answer) return failed(refusal(answer.refused, new URL(url)))
  if ('error' in answer) {
    const { host } = new URL(url)
    return failed(new SandboxError('unavailable', 'egress', `no answer from ${host}: ${answer.error}`, { field }))
  }
  const { status, headers, base64, truncated } = answer
  const value: Json = { status, headers, truncated, ...bodyOf(base64, headers['content-type']) }
  return { succeeded: true, value, artifacts: [] }
}

function failed(error: SandboxError | OperationError): RunnerResult {
  return { succeeded: false, value: null, artifacts: [], error: toErrorData(error) }
}

/** What it means that the way out refused: nothing is there, or the policy does not let the sandbox reach it. */
function refusal(reason: string, { host, hostname }: URL): SandboxError | OperationError {
  switch (reason) {
    case 'unresolvable':
      return new SandboxError('unavailable', 'egress', `the name ${hostname} is not known`, { field })
    case 'unreachable':
    case 'too-many-connections':
      return new SandboxError('unavailable', 'egress', `no answer from ${host}`, { field })
    case 'private-address':
      return new OperationError('denied', `${host} is an address of this machine or of its network`, {
        field,
        remedy: 'ask for it in egress with allowPrivateAddress; the policy has to allow private addresses, too',
      })
    default:
      return new OperationError('denied', `the way out does not let a sandbox reach ${host}`, {
        field,
        remedy: 'write the host as a plain name or address that the policy allows',
      })
  }
}

/** As it is sent: what may not stand in an address is written otherwise, and the fragment is for the caller alone. */
function addressOf(text: string): string {
  const url = new URL(text)
  url.hash = ''
  return url.href
}

function parseAnswer(stdout: string): z.infer<typeof answerSchema> {
  let data: unknown
  try {
    data = JSON.parse(stdout)
  } catch (cause) {
    throw new SandboxError('protocol', 'engine', 'the request returned something that is not JSON', { cause })
  }
  const parsed = answerSchema.safeParse(data)
  if (parsed.success) return parsed.data
  throw new SandboxError('protocol', 'engine', 'the request returned something unexpected', { cause: parsed.error })
}

/** Text where the bytes are valid UTF-8 and the server calls them text, base64 otherwise. */
function bodyOf(base64: string, contentType = ''): { readonly body: string; readonly encoding: 'utf8' | 'base64' } {
  if (/^(text\/|application\/([\w.+-]*\+)?(json|xml|javascript)\b)/i.test(contentType)) {
    try {
      const body = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'))
      return { body, encoding: 'utf8' }
    } catch {
      // Claimed and not true.
    }
  }
  return { body: base64, encoding: 'base64' }
}
