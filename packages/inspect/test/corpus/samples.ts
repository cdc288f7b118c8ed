import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, languageSchema, type OperationInput, operationSchema } from '@caisson/core'
import { inspectOperation } from '../../src/index.ts'

/**
 * Every file below `fixtures/<language>/` is a sample. Its first line says what is true of it: `# expect: network.access process.spawn`,
 * or `nothing`. They are named `.txt`, so that no tool takes them for code of the repository. Where inspection does not see that, the same line tells how it errs: `| missed: process.spawn | extra: code.dynamic`.
 * A new sample is a new file. Of `fixtures/files/`, where files have no line to spare, `labels.txt` says the same.
 */
const root = join(import.meta.dirname, 'fixtures')
const label = /expect: ([^|\n]+?)(?: \| missed: ([^|\n]+?))?(?: \| extra: ([^|\n]+?))?$/

export interface Sample {
  readonly name: string
  readonly language: string
  /** What is true of it. */
  readonly expected: ReadonlySet<string>
  /** Of what is true, what inspection is known not to see. */
  readonly missed: ReadonlySet<string>
  /** What inspection is known to say without being right. */
  readonly extra: ReadonlySet<string>
  readonly operation: OperationInput
  /** Where its findings are. */
  readonly place: string
  /** How many lines it has, the label included. Binary content has none. */
  readonly lines: number
}

export function readSamples(): readonly Sample[] {
  return [
    ...readdirSync(root)
      .filter((language) => language !== 'files')
      .flatMap(readCode),
    ...readFiles(),
  ]
}

export async function inspectSample({ operation }: Sample): Promise<readonly Finding[]> {
  return await inspectOperation(operationSchema.parse(operation))
}

function readCode(language: string): readonly Sample[] {
  return readdirSync(join(root, language)).map((file) => {
    const code = readFileSync(join(root, language, file), 'utf8')
    const [head = '', ...rest] = code.split('\n')
    const known = languageSchema.safeParse(language)
    const files = [{ path: `sample.${language === 'typescript' ? 'ts' : language}`, content: { text: code } }]
    const { name, expected, missed, extra } = readLabel(`${language}/${file}`, head)
    return {
      name,
      expected,
      missed,
      extra,
      language,
      operation: known.success
        ? { kind: 'code.execute', input: { language: known.data, code } }
        : { kind: 'command.run', input: { argv: ['true'], files } },
      place: known.success ? 'input.code' : 'input.files.0',
      lines: rest.length + 1,
    }
  })
}

function readFiles(): readonly Sample[] {
  const labels = readFileSync(join(root, 'files/labels.txt'), 'utf8').trimEnd().split('\n')
  return labels.map((line) => {
    const file = line.slice(0, line.indexOf(' '))
    const bytes = readFileSync(join(root, 'files', file))
    const { name, expected, missed, extra } = readLabel(`files/${file}`, line)
    return {
      name,
      expected,
      missed,
      extra,
      language: 'files',
      operation: { kind: 'document.parse', input: { name: file, content: { base64: bytes.toString('base64') } } },
      place: 'input.content',
      lines: bytes.toString('latin1').split('\n').length,
    }
  })
}

function readLabel(name: string, line: string): Pick<Sample, 'name' | 'expected' | 'missed' | 'extra'> {
  const [, expected, missed, extra] = label.exec(line) ?? []
  if (expected === undefined) throw new Error(`${name} does not say what is expected`)
  return { name, expected: codesIn(expected), missed: codesIn(missed), extra: codesIn(extra) }
}

function codesIn(list: string | undefined): ReadonlySet<string> {
  return new Set(list === undefined || list === 'nothing' ? [] : list.split(' '))
}
