import { environmentSchema, freshId, type ProcessSpec } from '@caisson/core'
import type { CodeRunRequest, CodeRunResponse } from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { DaytonaError } from '../../daytona-error.ts'
import { bodyOf, parse } from '../../http/body.ts'
import { type Answer, ok } from '../../http/call.ts'
import type { ToolboxCall, ToolboxHandle } from '../call.ts'
import { runInKernel } from './run-in-kernel.ts'
import { timeoutSchema, toTimeout } from './execute.ts'
import { assertInTime, run } from './run.ts'

const codeBody = bodyOf<CodeRunRequest>()({
  code: z.string(),
  language: z.string(),
  argv: z.array(z.string()).max(1000).optional(),
  envs: environmentSchema.optional(),
  timeout: timeoutSchema,
})
export type CodeWish = z.output<typeof codeBody>

const drawing = /\b(?:matplotlib|seaborn)\b/

/** `POST /process/code-run`: one program, without a memory of those before it. */
export const runCodeOnce: ToolboxHandle<CodeRunResponse> = async (call) => {
  const wish = parse(codeBody, await call.json())
  const { code } = call.entry.sandbox
  switch (wish.language) {
    case 'python':
      // Charts as data come from the interpreter alone; it knows no arguments.
      if (code !== undefined && drawing.test(wish.code) && (wish.argv ?? []).length === 0)
        return ok(await runInKernel(call, code, wish))
      return await runFile(call, wish, { suffix: '.py', argv: (file) => ['python3', '-u', file] })
    case 'javascript':
    case 'typescript':
      if (code !== undefined && (wish.argv ?? []).length === 0) return ok(await runInKernel(call, code, wish))
      if (wish.language === 'typescript')
        return await runFile(call, wish, { suffix: '.ts', argv: (file) => ['npx', '-y', 'tsx', file] })
      return await runFile(call, wish, { suffix: '.cjs', argv: (file) => ['node', file] })
    default:
      throw new DaytonaError(400, `language: ${wish.language} is not one of python, javascript, typescript`)
  }
}

/** The program lies in a file while it runs: an argument could be too long, and standard input is for the program. */
async function runFile(
  call: ToolboxCall,
  { code, argv = [], envs, timeout }: CodeWish,
  { suffix, argv: command }: { readonly suffix: string; readonly argv: (file: string) => ProcessSpec['argv'] },
): Promise<Answer<CodeRunResponse>> {
  const { files } = call.entry.sandbox
  const path = `/tmp/code-${freshId()}${suffix}`
  await files.write(path, Buffer.from(code), { mode: 0o600 })
  try {
    const ran = await run(call, { argv: [...command(path), ...argv], env: envs ?? {}, ...toTimeout(timeout) })
    assertInTime(ran, timeout)
    return ok({ exitCode: ran.exitCode, result: ran.output, artifacts: { charts: [] } })
  } finally {
    if (!call.entry.gone) await files.remove(path)
  }
}
