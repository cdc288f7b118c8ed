import type { InputFile } from '@caisson/core'
import { bulkhead } from 'cockatiel'
import { answerOf } from '../runs/answer-of.ts'
import type { Workplace } from '../way/in-sandbox.ts'
import type { RunnerContext } from './runner.ts'

/** The working directory of operations, below the home of the sandbox's user. Operations of one session share it. */
export const workDirectory = 'work'

const writesAtOneTime = 8

/** Makes the working directory and puts files into it. `field` names where they are in the operation. */
export async function writeFiles(
  context: RunnerContext,
  { sandbox }: Workplace,
  { files, field }: { readonly files: readonly InputFile[]; readonly field: string },
): Promise<void> {
  const { limits, cancel, stop } = context
  const answer = { answerMs: limits.answerMs, signals: [cancel, stop] }
  if (files.length === 0)
    await answerOf(async (options) => await sandbox.files.makeDirectory(workDirectory, options), answer)
  const room = bulkhead(writesAtOneTime, files.length)
  await Promise.all(
    files.map(async ({ path, content }, index) => {
      await room.execute(async () => {
        const data = await context.open(content, `${field}.${index}.content`)
        await answerOf(async (options) => await sandbox.files.write(`${workDirectory}/${path}`, data, options), answer)
      })
    }),
  )
}
