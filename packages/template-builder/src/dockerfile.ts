import { DockerfileParser } from 'dockerfile-ast'

/** One instruction of a Dockerfile. */
export interface Instruction {
  /** Counted from 1. */
  readonly line: number
  /** In capitals. */
  readonly keyword: string
}

/** The instructions of each stage in order, its FROM first. What stands before the first FROM belongs to none. */
export function readStages(dockerfile: string): readonly (readonly Instruction[])[] {
  const stages: Instruction[][] = []
  for (const instruction of DockerfileParser.parse(dockerfile).getInstructions()) {
    const keyword = instruction.getKeyword()
    if (keyword === 'FROM') stages.push([])
    stages.at(-1)?.push({ line: instruction.getRange().start.line + 1, keyword })
  }
  return stages
}

/** Whether the Dockerfile declares this ARG, so that it can be given one. */
export function declares(dockerfile: string, argument: string): boolean {
  return DockerfileParser.parse(dockerfile)
    .getInstructions()
    .some(
      (instruction) =>
        instruction.getKeyword() === 'ARG' &&
        instruction.getArguments().some((found) => found.getValue().split('=')[0] === argument),
    )
}
