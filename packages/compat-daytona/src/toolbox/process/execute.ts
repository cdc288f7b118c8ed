import { environmentSchema, isSandboxError, secondMs } from '@caisson/core'
import type { ExecuteRequest, ExecuteResponse } from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { bodyOf, parse } from '../../http/body.ts'
import { ok } from '../../http/call.ts'
import type { ToolboxHandle } from '../call.ts'
import { assertInTime, run } from './run.ts'

const mostSeconds = 24 * 60 * 60
export const timeoutSchema = z.number().min(0).max(mostSeconds).optional()

const executeBody = bodyOf<ExecuteRequest>()({
  command: z.string().min(1),
  cwd: z.string().optional(),
  envs: environmentSchema.optional(),
  timeout: timeoutSchema,
})

/** Longest command that fits an argument of a program. */
const longestArgument = 100_000
const notStarted = -1

/** `POST /process/execute` */
export const execute: ToolboxHandle<ExecuteResponse> = async (call) => {
  const { command, cwd, envs, timeout } = parse(executeBody, await call.json())
  const { shell } = await call.entry.facts()
  const isLong = Buffer.byteLength(command) > longestArgument
  try {
    const ran = await run(
      call,
      {
        argv: isLong ? [shell] : [shell, '-c', command],
        ...(cwd === undefined || cwd === '' ? {} : { cwd }),
        env: envs ?? {},
        ...toTimeout(timeout),
      },
      isLong ? { input: Buffer.from(command) } : {},
    )
    assertInTime(ran, timeout)
    return ok({ exitCode: ran.exitCode, result: ran.output })
  } catch (error) {
    const isMissing = isSandboxError(error) && error.code === 'path-not-found'
    if (!isMissing) throw error
    return ok({ exitCode: notStarted, result: error.message })
  }
}

/** 0 and nothing are no limit. */
export function toTimeout(timeoutS: number | undefined): { timeoutMs?: number } {
  return timeoutS === undefined || timeoutS === 0 ? {} : { timeoutMs: Math.ceil(timeoutS * secondMs) }
}
