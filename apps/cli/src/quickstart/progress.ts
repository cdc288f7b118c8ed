import { Listr } from 'listr2'
import { printProgress } from './print.ts'

export interface Task {
  readonly title: string
  /** Resolves with what went wrong; empty when nothing did. */
  readonly work: () => Promise<readonly string[]>
}

/** Works through the tasks one after the other, whatever becomes of them, and shows how it goes. */
export async function workThrough(tasks: readonly Task[], style: 'terminal' | 'lines'): Promise<void> {
  if (style === 'terminal') {
    await new Listr(
      tasks.map(({ title, work }) => ({
        title,
        task: async () => {
          const problems = await work()
          if (problems.length > 0) throw new Error(problems.join('; '))
        },
      })),
      { exitOnError: false, rendererOptions: { timer: { condition: true, field: formatTime } } },
    ).run()
    return
  }
  for (const [index, { title, work }] of tasks.entries()) {
    const startedAtMs = performance.now()
    const problems = await work()
    const mark = problems.length === 0 ? 'ok' : `NOT AS EXPECTED: ${problems.join('; ')}`
    printProgress(`[${index + 1}/${tasks.length}] ${title}: ${mark} (${formatTime(performance.now() - startedAtMs)})`)
  }
}

function formatTime(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`
}
