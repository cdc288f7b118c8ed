import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, languageSchema, type OperationInput, operationSchema } from '@caisson/core'
import { inspectOperation } from '../../src/index.ts'

/**
 * Every file below `fixtures/<language>/` is a sample. Its first line says what is true of it: `# expect: network.access process.spawn`,
 * or `nothing`. Where inspection does not see that, the same line tells how it errs: `| missed: process.spawn | extra: code.dynamic`.
 * A new sample is a new file.
 */
const root = join(import.meta.dirname, 'fixtures')
const header = /^(?:#|\/\/) expect: ([^|\n]+?)(?: \| missed: ([^|\n]+?))?(?: \| extra: ([^|\n]+?))?\n/

export interface Sample {
  readonly name: string
  readonly language: string
  /** What is true of it. */
  readonly expected: ReadonlySet<string>
  /** Of what is true, what inspection is known not to see. */
  readonly missed: ReadonlySet<string>
  /** What inspection is known to say without being right. */
  readonly extra: ReadonlySet<string>
  readonly code: string
}

export function readSamples(): readonly Sample[] {
  return readdirSync(root).flatMap((language) =>
    readdirSync(join(root, language)).map((file) => {
      const code = readFileSync(join(root, language, file), 'utf8')
      const [, expected, missed, extra] = header.exec(code) ?? []
      if (expected === undefined) throw new Error(`${language}/${file} does not begin with what is expected`)
      return {
        name: `${language}/${file}`,
        language,
        expected: codesIn(expected),
        missed: codesIn(missed),
        extra: codesIn(extra),
        code,
      }
    }),
  )
}

export async function inspectSample({ language, code }: Sample): Promise<readonly Finding[]> {
  return await inspectOperation(operationSchema.parse(operationOf(language, code)))
}

function operationOf(language: string, code: string): OperationInput {
  const known = languageSchema.safeParse(language)
  if (known.success) return { kind: 'code.execute', input: { language: known.data, code } }
  const files = [{ path: `sample.${language === 'typescript' ? 'ts' : language}`, content: { text: code } }]
  return { kind: 'command.run', input: { argv: ['true'], files } }
}

function codesIn(list: string | undefined): ReadonlySet<string> {
  return new Set(list === undefined || list === 'nothing' ? [] : list.split(' '))
}
