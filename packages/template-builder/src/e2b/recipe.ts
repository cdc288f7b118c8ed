import { type Instruction, ModifiableInstruction, PropertyInstruction } from 'dockerfile-ast'
import { shellQuote } from '@caisson/core'
import { z } from 'zod'
import { lineOf, readSingleStage, unsupported } from '../single-stage.ts'

/** What one instruction asks for, where no Dockerfile is read. `line` is that of the Dockerfile, counted from 1. */
export type Step = { readonly line: number } & (
  | { readonly kind: 'run'; readonly command: string }
  | {
      readonly kind: 'copy'
      readonly sources: readonly string[]
      readonly target: string
      readonly owner?: string | undefined
      readonly mode?: number | undefined
    }
  | { readonly kind: 'env'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'workdir'; readonly path: string }
  | { readonly kind: 'user'; readonly name: string }
)

export interface Recipe {
  /** What FROM names, arguments filled in. */
  readonly image: string
  readonly steps: readonly Step[]
}

const wordsSchema = z.array(z.string())

/** Said in template.json, or of no consequence for what is built. */
const silent: ReadonlySet<string> = new Set(['CMD', 'ENTRYPOINT', 'LABEL', 'EXPOSE', 'MAINTAINER'])

/** A Dockerfile of one stage as steps. What cannot be said in steps is `unsupported`, with its line. */
export function readRecipe(dockerfile: string): Recipe {
  const { image, instructions } = readSingleStage(dockerfile)
  return { image, steps: instructions.filter((one) => !silent.has(one.getKeyword())).map(stepOf) }
}

function stepOf(instruction: Instruction): Step {
  const line = lineOf(instruction)
  const content = contentOf(instruction)
  switch (instruction.getKeyword()) {
    case 'RUN':
      return { line, kind: 'run', command: commandOf(instruction, content) }
    case 'COPY':
      return copyOf(instruction, content)
    case 'ENV':
    case 'ARG':
      return { line, kind: 'env', values: valuesOf(instruction) }
    case 'WORKDIR':
      return { line, kind: 'workdir', path: content }
    case 'USER':
      return { line, kind: 'user', name: content }
    default:
      throw unsupported(instruction, instruction.getKeyword())
  }
}

/** In one line, without what comments say in between. */
function contentOf(instruction: Instruction): string {
  const lines = (instruction.getRawArgumentsContent() ?? '').split('\n')
  const [first = '', ...more] = lines
  const kept = [first, ...more.filter((line) => !/^\s*#/.test(line))]
  return kept.map((line) => line.replace(/\\\s*$/, '')).join('')
}

function commandOf(instruction: Instruction, content: string): string {
  const [flag] = flagsOf(instruction)
  if (flag !== undefined) throw unsupported(instruction, `RUN --${flag[0]}`)
  if (/^<<|\s<<-?\w+\n/.test(instruction.getRawArgumentsContent() ?? ''))
    throw unsupported(instruction, 'RUN with a document in it')
  return jsonWords(content)?.map(shellQuote).join(' ') ?? content
}

function copyOf(instruction: Instruction, content: string): Step {
  const flags = new Map(flagsOf(instruction))
  for (const name of flags.keys()) {
    if (name !== 'chown' && name !== 'chmod') throw unsupported(instruction, `COPY --${name}`)
  }
  const words = jsonWords(content) ?? instruction.getArguments().map((word) => word.getValue())
  const mode = flags.get('chmod')
  if (mode !== undefined && !/^[0-7]{3,4}$/.test(mode)) throw unsupported(instruction, `COPY --chmod=${mode}`)
  return {
    line: lineOf(instruction),
    kind: 'copy',
    sources: words.slice(0, -1),
    target: words.at(-1) ?? '',
    owner: flags.get('chown'),
    mode: mode === undefined ? undefined : Number.parseInt(mode, 8),
  }
}

function valuesOf(instruction: Instruction): Readonly<Record<string, string>> {
  const properties = instruction instanceof PropertyInstruction ? instruction.getProperties() : []
  return Object.fromEntries(properties.map((property) => [property.getName(), property.getValue() ?? '']))
}

function flagsOf(instruction: Instruction): readonly (readonly [string, string])[] {
  const flags = instruction instanceof ModifiableInstruction ? instruction.getFlags() : []
  return flags.map((flag) => [flag.getName(), flag.getValue() ?? ''] as const)
}

/** The words of the form that is JSON. */
function jsonWords(content: string): readonly string[] | undefined {
  if (!content.startsWith('[')) return undefined
  try {
    return wordsSchema.safeParse(JSON.parse(content)).data
  } catch {
    return undefined
  }
}
