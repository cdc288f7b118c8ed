import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, languageSchema, operationSchema } from '@caisson/core'
import { expect, it } from 'vitest'
import { inspectOperation } from '../../src/index.ts'

/**
 * Every file below `fixtures/<language>/` is a sample. Its first line names all the codes that must be found in it and no
 * others: `# expect: network.access process.spawn`, or `nothing`. A new sample is a new file.
 */
const root = join(import.meta.dirname, 'fixtures')
const samples = readdirSync(root).flatMap((language) =>
  readdirSync(join(root, language)).map((file) => ({
    language: languageSchema.parse(language),
    file: join(language, file),
  })),
)

it.each(samples)('$file', async ({ language, file }) => {
  const code = readFileSync(join(root, file), 'utf8')
  const expected = /^(?:#|\/\/) expect: (.+)\n/.exec(code)?.[1]
  const findings = await inspectOperation(operationSchema.parse({ kind: 'code.execute', input: { language, code } }))
  expect(codesOf(findings)).toBe(expected)
  for (const { place, line, excerpt } of findings) {
    expect(place).toBe('input.code')
    expect(line).toBeGreaterThan(1)
    expect(excerpt?.length ?? 0).toBeLessThanOrEqual(120)
  }
})

function codesOf(findings: readonly Finding[]): string {
  const codes = [...new Set(findings.map(({ code }) => code))].toSorted()
  return codes.length === 0 ? 'nothing' : codes.join(' ')
}
