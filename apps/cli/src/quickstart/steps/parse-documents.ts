import { readFileSync } from 'node:fs'
import { mib } from '@caisson/core'
import { z } from 'zod'
import { examplePath } from '../example-path.ts'
import { scriptedPdf, zipBomb } from '../hostile-documents.ts'
import { expectSandboxed, type Seen, type Step, unless } from '../step.ts'

const documentSchema = z.object({ title: z.string().optional(), text: z.string() })
/** Two sentences of the sample documents, one with characters beyond ASCII, one from the last page. */
const sentences = ['12.8 °C, naïve, “quoted”, 50 €', 'the caisson is sealed']

/** Two documents of an office program, and two that mean harm. */
export function parseDocuments(): readonly Step[] {
  return [
    realDocument('weather-report.pdf'),
    realDocument('weather-report.docx'),
    {
      title: 'parse a DOCX that is a zip bomb',
      operation: parse('bomb.docx', zipBomb(100 * mib)),
      problems: (seen) => [
        ...expectSandboxed(seen, 'failed'),
        ...unless(found(seen, 'hostile'), 'inspection did not call it hostile'),
        ...unless(seen.elapsedMs < 60_000, `it took ${seen.elapsedMs} ms`),
      ],
    },
    {
      title: 'parse a PDF with a script',
      operation: parse('invoice.pdf', scriptedPdf('The invoice is harmless.')),
      problems: (seen) => {
        const problems = expectSandboxed(seen, 'succeeded')
        if (problems.length > 0) return problems
        const { text } = documentSchema.parse(seen.run.value)
        return [
          ...unless(text.includes('The invoice is harmless.'), 'its text was not read'),
          ...unless(found(seen, 'risky') || found(seen, 'hostile'), 'inspection did not see the script'),
        ]
      },
    },
  ]
}

function realDocument(name: string): Step {
  return {
    title: `parse a ${name.endsWith('.pdf') ? 'PDF' : 'DOCX'} report`,
    operation: parse(name, readFileSync(examplePath(name))),
    problems: (seen) => {
      const problems = expectSandboxed(seen, 'succeeded')
      if (problems.length > 0) return problems
      const { text, title } = documentSchema.parse(seen.run.value)
      const flat = text.replaceAll(/\s+/g, ' ')
      return [
        ...unless(title === 'Four years of weather in Seattle', `its title was read as ${title}`),
        ...sentences.flatMap((sentence) => unless(flat.includes(sentence), `its text lacks "${sentence}"`)),
      ]
    },
  }
}

function parse(name: string, bytes: Uint8Array): Step['operation'] {
  return {
    kind: 'document.parse',
    input: { name, content: { base64: Buffer.from(bytes).toString('base64') } },
    timeoutMs: 30_000,
  }
}

function found({ run }: Seen, severity: 'risky' | 'hostile'): boolean {
  return run.decision?.findings.some((finding) => finding.severity === severity) ?? false
}
