import type { Finding } from '@caisson/core'
import { inspectSample, readSamples, type Sample } from './samples.ts'

/** How often inspection is right: `recall` of what is true is found, `precision` of what is found is true. */
interface Measured {
  readonly name: string
  readonly samples: number
  readonly recall: number
  readonly precision: number
}

interface Outcome {
  readonly sample: Sample
  readonly findings: readonly Finding[]
  readonly found: ReadonlySet<string>
}

export interface Corpus {
  readonly outcomes: readonly Outcome[]
  readonly measured: readonly Measured[]
}

type Codes = ReadonlySet<string>

/** Told, and without weight for a placement. */
const informative: Codes = new Set(['environment.read', 'archive.nested'])

export async function measureCorpus(): Promise<Corpus> {
  const outcomes: Outcome[] = []
  for (const sample of readSamples()) {
    const findings = await inspectSample(sample)
    outcomes.push({ sample, findings, found: new Set(findings.map(({ code }) => code)) })
  }
  const languages = [...new Set(outcomes.map(({ sample }) => sample.language))]
  const codes = [...new Set(outcomes.flatMap(({ sample, found }) => [...sample.expected, ...found]))].toSorted()
  const all = (set: Codes) => [...set]
  return {
    outcomes,
    measured: [
      measure('samples that need a sandbox', outcomes, (set) => (needsSandbox(set) ? ['yes'] : [])),
      measure('findings', outcomes, all),
      ...languages.map((language) => {
        const some = outcomes.filter(({ sample }) => sample.language === language)
        return measure(`findings in ${language}`, some, all)
      }),
      ...codes.map((code) => measure(code, outcomes, (set) => (set.has(code) ? [code] : []))),
    ],
  }
}

function needsSandbox(codes: Codes): boolean {
  return [...codes].some((code) => !informative.has(code))
}

function measure(name: string, outcomes: readonly Outcome[], of: (codes: Codes) => readonly string[]): Measured {
  const pairs = outcomes.map(({ sample, found }) => ({ truth: of(sample.expected), said: of(found) }))
  const right = sum(pairs.map(({ truth, said }) => said.filter((code) => truth.includes(code)).length))
  return {
    name,
    samples: pairs.filter(({ truth }) => truth.length > 0).length,
    recall: right / Math.max(1, sum(pairs.map(({ truth }) => truth.length))),
    precision: right / Math.max(1, sum(pairs.map(({ said }) => said.length))),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** `node --conditions=@caisson/source packages/inspect/test/corpus/measure.ts` */
function print({ outcomes, measured }: Corpus): string {
  const wrong = outcomes.flatMap(({ sample, found }) => {
    const missed = [...sample.expected].filter((code) => !found.has(code))
    const extra = [...found].filter((code) => !sample.expected.has(code))
    if (missed.length + extra.length === 0) return []
    return [`${sample.name}: missed ${missed.join(' ') || 'nothing'}; extra ${extra.join(' ') || 'nothing'}`]
  })
  const harmless = outcomes.filter(({ sample }) => !needsSandbox(sample.expected)).length
  const rows = measured.map(({ name, samples, recall, precision }) =>
    [
      name.padEnd(30),
      String(samples).padStart(7),
      recall.toFixed(3).padStart(9),
      precision.toFixed(3).padStart(11),
    ].join(''),
  )
  const head = `${''.padEnd(30)}samples   recall  precision`
  return [...wrong, '', `${outcomes.length} samples, ${harmless} of them harmless`, '', head, ...rows, ''].join('\n')
}

if (import.meta.main) process.stdout.write(print(await measureCorpus()))
