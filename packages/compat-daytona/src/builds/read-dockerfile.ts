import { DockerfileParser, type From } from 'dockerfile-ast'
import { z } from 'zod'
import { DaytonaError } from '../daytona-error.ts'

/** A Dockerfile as far as it matters here. */
export interface ReadDockerfile {
  /** What its stages begin with, but for earlier stages and for `scratch`, in order. */
  readonly images: readonly string[]
  /** Whether it changes nothing in the one image that it names. */
  readonly isPlain: boolean
  /** What runs in a container of it, where the last stage says so by `ENTRYPOINT`. */
  readonly entrypoint?: readonly string[] | undefined
}

export interface RewriteOptions {
  /** Instructions at the begin of every stage that begins with an image. */
  readonly prelude: readonly string[]
}

export interface Rewritten {
  /** Begins with `ARG BASE`, which every image is replaced by; ends as `${SANDBOX_USER}`. */
  readonly text: string
  /** The line of the original, counted from 1. */
  readonly lineOf: (line: number) => number
}

/** 400 with the reason, where it is none. */
export function readDockerfile(text: string): ReadDockerfile {
  const parsed = DockerfileParser.parse(text)
  const froms = imagesOf(parsed.getFROMs(), globalsOf(parsed))
  if (parsed.getFROMs().length === 0)
    throw new DaytonaError(400, 'buildInfo.dockerfileContent: a Dockerfile begins with FROM')
  return {
    images: froms.map(({ image }) => image),
    ...entrypointOf(parsed),
    isPlain: parsed.getInstructions().every((instruction) => instruction.getKeyword() === 'FROM') && froms.length === 1,
  }
}

function entrypointOf(parsed: ReturnType<typeof DockerfileParser.parse>): Pick<ReadDockerfile, 'entrypoint'> {
  const instructions = parsed.getInstructions()
  const last = instructions.findLastIndex((instruction) => instruction.getKeyword() === 'FROM')
  const stage = instructions.slice(last)
  const words = (keyword: string): readonly string[] | undefined => {
    const instruction = stage.findLast((found) => found.getKeyword() === keyword)
    const text = instruction?.getArgumentsContent()
    if (text === undefined || text === null) return undefined
    const parsedWords = wordsSchema.safeParse(parseJson(text))
    return parsedWords.success ? parsedWords.data : ['/bin/sh', '-c', text]
  }
  const program = words('ENTRYPOINT')
  // As containers do it: what is a list gets the words of `CMD`.
  const isList = program !== undefined && program[0] !== '/bin/sh'
  return program === undefined ? {} : { entrypoint: isList ? [...program, ...(words('CMD') ?? [])] : program }
}

const wordsSchema = z.array(z.string())

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Puts `${BASE}` in the place of every image. What a Dockerfile leaves open is as sandboxes need it: their user owns its folder. */
export function rewriteDockerfile(text: string, { prelude }: RewriteOptions): Rewritten {
  const parsed = DockerfileParser.parse(text)
  const froms = imagesOf(parsed.getFROMs(), globalsOf(parsed))
  const written: { readonly text: string; readonly line: number }[] = [{ text: 'ARG BASE', line: 1 }]
  const lines = text.split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    const range = froms.map(({ node }) => node.getImageRange()).find((image) => image?.start.line === index)
    written.push({
      line: index + 1,
      text:
        range === null || range === undefined
          ? line
          : `${line.slice(0, range.start.character)}\${BASE}${line.slice(range.end.character)}`,
    })
    const ended = froms.find(({ node }) => node.getRange().end.line === index)
    if (ended !== undefined) written.push(...prelude.map((instruction) => ({ text: instruction, line: index + 1 })))
  }
  written.push(...endOf(parsed).map((instruction) => ({ text: instruction, line: lines.length })))
  return {
    text: `${written.map((line) => line.text).join('\n')}\n`,
    lineOf: (line) => written[line - 1]?.line ?? lines.length,
  }
}

const own = String.raw`[ "$PWD" = / ] || chown "$SANDBOX_USER": .`

/** The last stage ends as the user of sandboxes, in a folder that is theirs. */
function endOf(parsed: ReturnType<typeof DockerfileParser.parse>): readonly string[] {
  const instructions = parsed.getInstructions()
  const last = instructions.findLastIndex((instruction) => instruction.getKeyword() === 'FROM')
  const hasFolder = instructions.slice(last).some((instruction) => instruction.getKeyword() === 'WORKDIR')
  return [
    'ARG SANDBOX_USER',
    'ARG SANDBOX_HOME',
    ...(hasFolder ? ['USER root', `RUN ${JSON.stringify(['/bin/sh', '-ec', own])}`] : ['WORKDIR ${SANDBOX_HOME}']),
    'USER ${SANDBOX_USER}',
  ]
}

function globalsOf(parsed: ReturnType<typeof DockerfileParser.parse>): ReadonlyMap<string, string> {
  return new Map(
    parsed.getInitialARGs().flatMap((argument) => {
      const property = argument.getProperty()
      return property === null ? [] : [[property.getName(), property.getValue() ?? ''] as const]
    }),
  )
}

function imagesOf(
  froms: readonly From[],
  globals: ReadonlyMap<string, string>,
): readonly { readonly node: From; readonly image: string }[] {
  const stages = new Set(['scratch'])
  return froms.flatMap((node) => {
    const image = (node.getImage() ?? '').replaceAll(
      /\$(?:\{(?<braced>\w+)(?::-(?<fallback>[^}]*))?\}|(?<bare>\w+))/g,
      (whole, braced: string | undefined, fallback: string | undefined, bare: string | undefined) =>
        globals.get(braced ?? bare ?? '') ?? fallback ?? whole,
    )
    const isStage = stages.has(image.toLowerCase())
    const name = node.getBuildStage()
    if (name !== null) stages.add(name.toLowerCase())
    return isStage ? [] : [{ node, image }]
  })
}
