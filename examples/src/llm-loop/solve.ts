import { type CodeInterpreter, runCode } from '@caisson/core'
import { ExponentialBackoff, handleAll, retry } from 'cockatiel'
import type { Message, Model } from './model.ts'

export interface Solution {
  readonly code: string
  readonly output: string
  /** How many programs it took. */
  readonly attempts: number
}

export interface SolveOptions {
  /** Programs that are tried before the task is given up. */
  readonly maxAttempts: number
  /** Longest time of one program. */
  readonly timeoutMs: number
  /** First wait after a model that failed; each further one is longer. */
  readonly firstDelayMs: number
}

const instructions =
  'Answer with one Python program and nothing else. It prints its result. You are told its error, if it has one, and mend it.'
const mostErrorCharacters = 4000

/** Lets a model write a program, runs it in a sandbox, and shows the model each error until a program works. Variables stay from one attempt to the next. */
export async function solve(
  model: Model,
  code: CodeInterpreter,
  task: string,
  options: SolveOptions,
): Promise<Solution> {
  const { maxAttempts, timeoutMs, firstDelayMs } = options
  const backoff = new ExponentialBackoff({ initialDelay: firstDelayMs, maxDelay: 30_000 })
  const patiently = retry(handleAll, { maxAttempts: 4, backoff })
  const conversation: Message[] = [
    { role: 'system', content: instructions },
    { role: 'user', content: task },
  ]
  for (let attempts = 1; attempts <= maxAttempts; attempts += 1) {
    const answer = await patiently.execute(async ({ signal }) => await model.answer(conversation, signal))
    const program = withoutFence(answer)
    const { stdout, error } = await runCode(code, program, { language: 'python', deadline: Date.now() + timeoutMs })
    if (error === undefined) return { code: program, output: stdout, attempts }
    conversation.push(
      { role: 'assistant', content: answer },
      { role: 'user', content: `The program failed:\n${error.traceback.slice(-mostErrorCharacters)}` },
    )
  }
  throw new Error(`no program worked within ${maxAttempts} attempts`)
}

/** Models like to wrap a program in a fence. */
function withoutFence(answer: string): string {
  return /^```(?:python)?\n(?<program>[\s\S]*?)\n?```\s*$/.exec(answer.trim())?.groups?.['program'] ?? answer
}
