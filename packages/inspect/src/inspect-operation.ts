import { setImmediate } from 'node:timers/promises'
import { type Content, decodeText, encodeText, type Finding, type Operation } from '@caisson/core'
import { type Budget, createBudget } from './budget.ts'
import { inspectCommand } from './code/commands.ts'
import type { Grammar } from './code/grammars.ts'
import { inspectCode } from './code/inspect-code.ts'
import { collectParts, grammarOf, type Part } from './collect-parts.ts'
import { detectFileType } from './file/file-type.ts'
import { inspectFile } from './file/inspect-file.ts'
import { inspectPlainText } from './inspect-text.ts'
import { type Observation, toFinding } from './report.ts'

/** Fetches what an operation does not bring along itself: the bytes of an artifact. */
export type ContentResolver = (content: Content) => Promise<Uint8Array>

const limits = { steps: 2_000_000, durationMs: 1000 }
const maxFindings = 200
const severities: readonly Finding['severity'][] = ['hostile', 'risky', 'info']

/**
 * What an operation's code and files contain that matters for where it may run: the worst first, at most 200. Bounded in time and
 * memory whatever it is given; what could not be looked at is itself a finding, and so is whatever goes wrong. Never rejects.
 */
export async function inspectOperation(
  operation: Operation,
  resolveContent?: ContentResolver,
): Promise<readonly Finding[]> {
  const budget = createBudget(limits)
  const findings: Finding[] = []
  for (const part of collectParts(operation)) {
    // Each part may take a while; whatever else this process does gets its turn in between.
    await setImmediate()
    const observations = budget.isSpent() ? [unseen] : await inspectPart(part, budget, resolveContent)
    findings.push(...observations.map((observation) => toFinding(part.place, observation)))
  }
  return distinct(findings)
    .toSorted((left, right) => severities.indexOf(left.severity) - severities.indexOf(right.severity))
    .slice(0, maxFindings)
}

const unseen: Observation = {
  code: 'inspection.incomplete',
  severity: 'risky',
  message: 'It was not inspected: what came before took too long.',
}

async function inspectPart(part: Part, budget: Budget, resolve?: ContentResolver): Promise<readonly Observation[]> {
  try {
    switch (part.kind) {
      case 'code':
        return await inspectSource(part.grammar, part.text, budget)
      case 'command': {
        const seen = part.argv.join(' ')
        const sinks = inspectCommand(part.argv).map((sink) => Object.assign({ seen }, sink))
        return [...sinks, ...inspectPlainText(seen)]
      }
      case 'file':
        return await inspectContent(part.name, await bytesOf(part.content, resolve), budget)
      case 'text':
        return [
          ...inspectPlainText(part.text, 'info'),
          ...inspectCommand([part.text]).filter(({ code }) => code === 'network.metadata'),
        ]
    }
  } catch (error) {
    const message = `It could not be inspected: ${error instanceof Error ? error.message : 'unknown error'}`
    return [{ code: 'inspection.incomplete', severity: 'risky', message: message.slice(0, 300) }]
  }
}

async function inspectSource(grammar: Grammar, text: string, budget: Budget): Promise<readonly Observation[]> {
  return [...(await inspectCode(grammar, text, budget)), ...inspectPlainText(text)]
}

async function inspectContent(name: string, bytes: Uint8Array, budget: Budget): Promise<readonly Observation[]> {
  const observations = inspectFile(name, bytes)
  const type = detectFileType(bytes)
  const grammar = grammarOf(name)
  if (grammar !== undefined) return [...observations, ...(await inspectSource(grammar, decodeText(bytes), budget))]
  return type === 'text' ? [...observations, ...inspectPlainText(decodeText(bytes))] : observations
}

async function bytesOf(content: Content, resolve?: ContentResolver): Promise<Uint8Array> {
  if ('text' in content) return encodeText(content.text)
  if ('base64' in content) return Buffer.from(content.base64, 'base64')
  if (resolve === undefined) throw new Error('its content lies in an artifact that cannot be read here')
  return await resolve(content)
}

function distinct(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map(findings.map((finding) => [`${finding.code} ${finding.place} ${finding.line ?? ''}`, finding]))
  return [...seen.values()]
}
