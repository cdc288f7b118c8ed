import { decodeText, encodeText, type Finding } from '@caisson/core'
import { type Budget, createBudget } from './budget.ts'
import { grammarOfProgram, inspectCommand } from './code/commands.ts'
import type { Grammar } from './code/grammars.ts'
import { inspectCode } from './code/inspect-code.ts'
import { type FileContent, grammarOf, type Part } from './collect-parts.ts'
import { detectFileType } from './file/file-type.ts'
import { codeOfNotebook } from './file/notebook.ts'
import { inspectFile } from './file/inspect-file.ts'
import { inspectPlainText } from './inspect-text.ts'
import { partLimits } from './limits.ts'
import { distinctFindings, type Observation, toFinding } from './report.ts'

/** What one part contains. Stops by itself when it takes long, and says so. What it throws is a fault of its own. */
export async function inspectPart(part: Part): Promise<readonly Finding[]> {
  const observations = await observe(part, createBudget(partLimits))
  return distinctFindings(observations.map((observation) => toFinding(part, observation)))
}

async function observe(part: Part, budget: Budget): Promise<readonly Observation[]> {
  switch (part.kind) {
    case 'code':
      return await inspectSource(part.grammar, part.text, budget)
    case 'command': {
      const seen = part.argv.join(' ')
      const sinks = inspectCommand(part.argv).map((sink) => Object.assign({ seen }, sink))
      return [...sinks, ...inspectPlainText(seen)]
    }
    case 'file':
      return await inspectContent(part.name, bytesOf(part.content), budget)
    case 'text':
      return [
        ...inspectPlainText(part.text, 'info'),
        ...inspectCommand([part.text]).filter(({ code }) => code === 'network.metadata'),
      ]
  }
}

async function inspectSource(grammar: Grammar, text: string, budget: Budget): Promise<readonly Observation[]> {
  return [...(await inspectCode(grammar, text, budget)), ...inspectPlainText(text)]
}

async function inspectContent(name: string, bytes: Uint8Array, budget: Budget): Promise<readonly Observation[]> {
  const observations = inspectFile(name, bytes)
  const type = detectFileType(bytes)
  const grammar = grammarOf(name) ?? grammarOfShebang(bytes)
  if (grammar !== undefined) return [...observations, ...(await inspectSource(grammar, decodeText(bytes), budget))]
  const notebook = type === 'text' && /\.ipynb$/i.test(name) ? codeOfNotebook(decodeText(bytes)) : undefined
  if (notebook !== undefined) {
    const found = await inspectSource('python', notebook, budget)
    // Lines are those of the code, which nobody sees in the file.
    return [...observations, ...found.map((observation) => Object.assign({}, observation, { line: undefined }))]
  }
  return type === 'text' ? [...observations, ...inspectPlainText(decodeText(bytes))] : observations
}

/** The language that `#!/usr/bin/env python3` asks for. */
function grammarOfShebang(bytes: Uint8Array): Grammar | undefined {
  const [, program] = /^#!\s*(?:\S*\/env\s+(?:-\S+\s+)?)?(\S+)/.exec(decodeText(bytes.subarray(0, 128))) ?? []
  return program === undefined ? undefined : grammarOfProgram(program)
}

function bytesOf(content: FileContent): Uint8Array {
  if ('bytes' in content) return content.bytes
  if ('base64' in content) return Buffer.from(content.base64, 'base64')
  if ('text' in content) return encodeText(content.text)
  throw new Error('an artifact is fetched before it is inspected')
}
