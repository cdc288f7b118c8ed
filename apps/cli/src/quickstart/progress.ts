import { Listr, PRESET_TIMER } from 'listr2'
import { printProgress } from './print.ts'

export interface Task {
  readonly title: string
  /** Resolves with what went wrong; empty when nothing did. */
  readonly work: () => Promise<readonly string[]>
}

export type Style = 'terminal' | 'lines'

/** Works through the tasks, two at a time, whatever becomes of them, and shows how it goes. */
export async function workThrough(tasks: readonly Task[], style: Style): Promise<void> {
  let done = 0
  const list = new Listr(
    tasks.map(({ title, work }) => ({
      title,
      task: async () => {
        const startedAtMs = performance.now()
        const problems = await work()
        done += 1
        if (style === 'lines') {
          const mark = problems.length === 0 ? 'ok' : `NOT AS EXPECTED: ${problems.join('; ')}`
          const took = formatTime(performance.now() - startedAtMs)
          printProgress(`[${done}/${tasks.length}] ${title}: ${mark} (${took})`)
        }
        if (problems.length > 0) throw new Error(problems.join('; '))
      },
    })),
    {
      concurrent: 2,
      exitOnError: false,
      renderer: style === 'terminal' ? 'default' : 'silent',
      rendererOptions: { timer: { ...PRESET_TIMER, field: formatTime } },
    },
  )
  await list.run()
}

function formatTime(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`
}
