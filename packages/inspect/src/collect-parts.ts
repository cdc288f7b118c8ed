import type { Content, InputFile, Operation, OperationOf } from '@caisson/core'
import { commandScript, grammarOfProgram } from './code/commands.ts'
import type { Grammar } from './code/grammars.ts'
import { extensionOf } from './file/file-type.ts'

/** One thing to look at, with the place that findings name. */
export type Part =
  | { readonly kind: 'code'; readonly place: string; readonly grammar: Grammar; readonly text: string }
  | { readonly kind: 'command'; readonly place: string; readonly argv: readonly string[] }
  | {
      readonly kind: 'file'
      readonly place: string
      readonly name: string
      readonly content: FileContent
    }
  /** Text that nothing runs: only secrets in it matter, and where it goes is known. */
  | { readonly kind: 'text'; readonly place: string; readonly text: string }

/** The bytes of an artifact stand beside it once they are fetched. */
export type FileContent = Content | { readonly bytes: Uint8Array }

/** All parts of an operation that can carry something unwanted. */
export function collectParts(operation: Operation): readonly Part[] {
  switch (operation.kind) {
    case 'code.execute':
      return partsOfCode('input', operation.input)
    case 'command.run':
      return partsOfCommand('input', operation.input)
    case 'document.parse': {
      const { name, content } = operation.input
      return [{ kind: 'file', place: 'input.content', name, content }]
    }
    case 'http.request':
      return [
        { kind: 'text', place: 'input.url', text: operation.input.url },
        ...(operation.input.body === undefined
          ? []
          : [{ kind: 'text', place: 'input.body', text: operation.input.body } as const]),
      ]
    case 'agents.parallel':
      return operation.input.agents.flatMap(({ task }, index) => partsOfTask(`input.agents.${index}.task.input`, task))
    case 'batch.run':
      return [
        ...partsOfCode('input.task', operation.input.task),
        ...(operation.input.itemFiles ?? []).flatMap((files, index) => partsOfFiles(`input.itemFiles.${index}`, files)),
      ]
    case 'database.read':
      return [{ kind: 'text', place: 'input.parameters', text: JSON.stringify(operation.input.parameters) }]
    case 'entity.write':
      return [{ kind: 'text', place: 'input.value', text: JSON.stringify(operation.input.value) }]
    case 'tool.call': {
      const { arguments: given, task } = operation.input
      return [
        { kind: 'text', place: 'input.arguments', text: JSON.stringify(given) },
        ...(task === undefined ? [] : partsOfTask('input.task.input', task)),
      ]
    }
  }
}

type CodeInput = Omit<OperationOf<'code.execute'>['input'], 'stdin'>
type CommandInput = OperationOf<'command.run'>['input']

function partsOfTask(place: string, task: NonNullable<OperationOf<'tool.call'>['input']['task']>): readonly Part[] {
  return task.kind === 'code.execute' ? partsOfCode(place, task.input) : partsOfCommand(place, task.input)
}

function partsOfCode(place: string, { language, code, files }: CodeInput): readonly Part[] {
  return [{ kind: 'code', place: `${place}.code`, grammar: language, text: code }, ...partsOfFiles(place, files)]
}

function partsOfCommand(place: string, { argv, files, stdin }: CommandInput): readonly Part[] {
  const script = commandScript(argv)
  const grammar = grammarOfProgram(argv[0])
  return [
    { kind: 'command', place: `${place}.argv`, argv },
    ...(script === undefined
      ? []
      : [
          { kind: 'code', place: `${place}.argv.${script.index}`, grammar: script.grammar, text: script.text } as const,
        ]),
    ...(script !== undefined || grammar === undefined || stdin === undefined
      ? []
      : [{ kind: 'code', place: `${place}.stdin`, grammar, text: stdin } as const]),
    ...partsOfFiles(place, files),
  ]
}

const codeExtensions: Readonly<Record<string, Grammar>> = {
  py: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  tsx: 'tsx',
  jsx: 'javascript',
  sh: 'bash',
  bash: 'bash',
}

function partsOfFiles(place: string, files: readonly InputFile[]): readonly Part[] {
  return files.map(({ path, content }, index) => ({
    kind: 'file',
    place: `${place}.files.${index}`,
    name: path,
    content,
  }))
}

/** The language that a file's name promises. */
export function grammarOf(name: string): Grammar | undefined {
  return codeExtensions[extensionOf(name)]
}
