import { DockerfileParser, type Instruction } from 'dockerfile-ast'
import { builderError } from './builder-error.ts'

export interface SingleStage {
  /** What FROM names, arguments filled in. */
  readonly image: string
  /** What follows FROM. */
  readonly instructions: readonly Instruction[]
  readonly lines: readonly string[]
}

/** A Dockerfile of one stage, for providers that know no more. A second stage is `unsupported`, with its line. */
export function readSingleStage(dockerfile: string): SingleStage {
  const parsed = DockerfileParser.parse(dockerfile)
  const [from, second] = parsed.getFROMs()
  if (from === undefined) throw builderError('invalid-argument', 'the Dockerfile has no FROM', { field: 'Dockerfile' })
  if (second !== undefined) throw unsupported(second, 'a second stage')
  const defaults = new Map(
    parsed.getInitialARGs().flatMap((argument) => {
      const property = argument.getProperty()
      return property === null ? [] : [[property.getName(), property.getValue() ?? ''] as const]
    }),
  )
  const named = from.getImage() ?? ''
  return {
    image: named.replace(/^\$\{?(\w+)\}?$/, (whole, name: string) => defaults.get(name) ?? whole),
    instructions: parsed.getInstructions().filter((instruction) => lineOf(instruction) > lineOf(from)),
    lines: dockerfile.split('\n').slice(from.getRange().end.line + 1),
  }
}

/** Counted from 1. */
export function lineOf(instruction: Instruction): number {
  return instruction.getRange().start.line + 1
}

export function unsupported(instruction: Instruction, what: string): Error {
  return builderError('unsupported', `Dockerfile:${lineOf(instruction)}: providers have nothing for ${what}`, {
    field: `Dockerfile:${lineOf(instruction)}`,
    remedy: 'say it in one stage of RUN, COPY, ENV, WORKDIR and USER, or build for the other targets',
  })
}
