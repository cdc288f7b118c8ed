import type { BuildEvent } from '@caisson/template-builder'
import { createProgress } from './progress.ts'
import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'
import { formatDuration } from './time.ts'

const phases = {
  base: 'making the base root',
  image: 'building',
  check: 'running the ready check',
  unpack: 'unpacking',
  push: 'sending it to the engine',
} as const

/** Shows a build on standard error while it runs: each step with its line, and under it what it prints. */
export function showBuild(
  terminal: Terminal,
  enabled: boolean,
): { readonly onEvent: (event: BuildEvent) => void; readonly end: () => void } {
  const { colors, err } = terminal
  const progress = createProgress(terminal, enabled)
  const startedAtMs = Date.now()
  const print = (text: string) => {
    progress.clear()
    if (enabled) err(`${text}\n`)
  }
  let step = ''
  const onEvent = (event: BuildEvent): void => {
    switch (event.type) {
      case 'waiting':
        print(`waiting for ${printable(event.for)}`)
        break
      case 'phase':
        step = `${event.template}: ${phases[event.phase]}`
        print(colors.bold(step))
        break
      case 'step': {
        const stage = event.stage === undefined ? '' : `${event.stage.number}/${event.stage.of} `
        const place = event.line === undefined ? '' : `Dockerfile:${event.line} `
        step = `${event.template} ${stage}[${event.step}/${event.steps}] ${place}`
        print(`${colors.bold(step)}${printable(event.instruction).slice(0, terminal.columns)}`)
        break
      }
      case 'step-cached':
        print(colors.dim('  unchanged'))
        break
      case 'output':
        print(colors.dim(`  ${printable(event.text)}`))
    }
    progress.show(`${step} ${formatDuration(Date.now() - startedAtMs)}`)
  }
  return { onEvent, end: progress.clear }
}
