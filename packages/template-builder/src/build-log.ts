import type { OnBuildEvent } from './events.ts'
import type { Instruction } from './dockerfile.ts'

/** The instruction that ran last, with what it printed. */
export interface LastStep {
  readonly line: number | undefined
  readonly instruction: string
  readonly output: readonly string[]
}

export interface BuildLog {
  readonly onLine: (line: string) => void
  readonly lastStep: () => LastStep | undefined
}

const keptLines = 40

/** Reads what buildah prints while it builds. Instructions print into the same stream: only what can be the next step is taken for one. */
export function createBuildLog(
  template: string,
  stages: readonly (readonly Instruction[])[],
  onEvent: OnBuildEvent,
): BuildLog {
  let last: { line: number | undefined; instruction: string; output: string[] } | undefined
  let place = { stage: 0, step: 0 }
  const begin = (match: RegExpExecArray): boolean => {
    const [, stageText, stagesText = '1', stepText, stepsText, instruction = ''] = match
    const next = { stage: Number(stageText ?? 1), step: Number(stepText) }
    const isNext =
      next.stage === place.stage ? next.step === place.step + 1 : next.step === 1 && next.stage > place.stage
    if (!isNext) return false
    place = next
    const found = stages[next.stage - 1]?.[next.step - 1]
    const line = found !== undefined && instruction.toUpperCase().startsWith(found.keyword) ? found.line : undefined
    last = { line, instruction, output: [] }
    const stage = stageText === undefined ? undefined : { number: next.stage, of: Number(stagesText) }
    onEvent({ type: 'step', template, step: next.step, steps: Number(stepsText), stage, line, instruction })
    return true
  }
  return {
    onLine: (text) => {
      const step = /^(?:\[(\d+)\/(\d+)\] )?STEP (\d+)\/(\d+): (.*)$/.exec(text)
      if (step !== null && begin(step)) return
      if (/^--> Using cache [0-9a-f]+$/.test(text)) {
        onEvent({ type: 'step-cached', template })
        return
      }
      if (/^--> [0-9a-f]{11,}$/.test(text)) return
      last?.output.push(text)
      if (last !== undefined && last.output.length > keptLines) last.output.shift()
      onEvent({ type: 'output', template, text })
    },
    lastStep: () => last,
  }
}
