import { type CodeInterpreter, isSandboxError, runCode, secondMs } from '@caisson/core'
import type { CodeRunResponse } from '@daytona/toolbox-api-client'
import { DaytonaError } from '../../daytona-error.ts'
import type { ToolboxCall } from '../call.ts'
import type { CodeWish } from './code-run.ts'
import { toDaytonaChart } from './chart.ts'

/** Runs code in a context of its own, which goes afterwards. */
export async function runInKernel(
  { signal, env }: ToolboxCall,
  interpreter: CodeInterpreter,
  { language, code, envs, timeout }: CodeWish,
): Promise<CodeRunResponse> {
  const context = await interpreter.createContext(language, { signal })
  const limit = timeout === undefined || timeout === 0 ? undefined : AbortSignal.timeout(timeout * secondMs)
  try {
    let result = ''
    const execution = await runCode(interpreter, code, {
      context: context.id,
      env: { ...env.set, ...envs },
      signal: limit === undefined ? signal : AbortSignal.any([signal, limit]),
      onEvent: (event) => {
        if (event.type === 'stdout' || event.type === 'stderr') result += event.text
      },
    })
    const { error, results } = execution
    return {
      exitCode: error === undefined ? 0 : 1,
      result: error === undefined ? result : `${result}${error.traceback}`,
      artifacts: {
        charts: results.flatMap(({ chart, data }) =>
          chart === undefined ? [] : [toDaytonaChart(chart, data['image/png'])],
        ),
      },
    }
  } catch (cause) {
    if (limit?.aborted === true && (isSandboxError(cause) || cause === limit.reason))
      throw new DaytonaError(408, `code execution timeout: not over after ${timeout ?? 0} s`, {
        code: 'PROCESS_EXECUTION_TIMEOUT',
        cause,
      })
    throw cause
  } finally {
    await interpreter.removeContext(context.id)
  }
}
