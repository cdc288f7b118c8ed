import { type Finding } from '@caisson/core'
import { inspectSample, readSamples, type Sample } from './samples.ts'

/** How often inspection is right: `recall` of what is true is found, `precision` of what is found is true. */
export interface Measured {
  readonly name: string
  readonly samples: number
  readonly recall: number
  readonly precision: number
}

interface Outcome {
  readonly sample: Sample
  readonly found: ReadonlySet<string>
}

/** What is told and changes no placement by itself. */
const informative: ReadonlySet<string> = new Set(['environment.read', 'archive.nested'])

export async function measureCorpus(): Promise<{
  readonly outcomes: readonly Outcome[]
  readonly measured: readonly Measured[]
}> {
  const outcomes: Outcome[] = []
  for (const sample of readSamples()) outcomes.push({ sample, found: codesOf(await inspectSample(sample)) })
  const languages = [...new Set(outcomes.map(({ sample }) => sample.language))]
  const codes = [...new Set(outcomes.flatMap(({ sample, found }) => [...sample.expected, ...found]))].toSorted()
  return {
    outcomes,
    measured: [
      measure('samples that need a sandbox', outcomes, (set) =>
        [...set].some((code) => !informative.has(code)) ? ['risky'] : [],
      ),
      measure('findings', outcomes, (set) => [...set]),
      ...languages.map((language) =>
        measure(
          `findings in ${language}`,
          outcomes.filter(({ sample }) => sample.language === language),
          (set) => [...set],
        ),
      ),
      ...codes.map((code) => measure(code, outcomes, (set) => (set.has(code) ? [code] : []))),
    ],
  }
}

function measure(
  name: string,
  outcomes: readonly Outcome[],
  of: (codes: ReadonlySet<string>) => readonly string[],
): Measured {
  let expected = 0
  let found = 0
  let right = 0
  for (const outcome of outcomes) {
    const truth = new Set(of(outcome.sample.expected))
    const said = of(outcome.found)
    expected += truth.size
    found += said.length
    right += said.filter((code) => truth.has(code)).length
  }
  return {
    name,
    samples: outcomes.filter(({ sample }) => of(sample.expected).length > 0).length,
    recall: right / Math.max(1, expected),
    precision: right / Math.max(1, found),
  }
}

export function codesOf(findings: readonly Finding[]): ReadonlySet<string> {
  return new Set(findings.map(({ code }) => code))
}

if (import.meta.main) {
  const { outcomes, measured } = await measureCorpus()
  for (const { sample, found } of outcomes) {
    const missed = [...sample.expected].filter((code) => !found.has(code))
    const extra = [...found].filter((code) => !sample.expected.has(code))
    if (missed.length + extra.length > 0)
      console.log(`${sample.name}: missed [${missed.join(' ')}] extra [${extra.join(' ')}]`)
  }
  const harmless = outcomes.filter(({ sample }) => [...sample.expected].every((code) => informative.has(code))).length
  console.log(`\n${outcomes.length} samples, ${harmless} of them harmless\n`)
  for (const { name, samples, recall, precision } of measured) {
    console.log(
      `${name.padEnd(30)} ${String(samples).padStart(4)}  recall ${recall.toFixed(3)}  precision ${precision.toFixed(3)}`,
    )
  }
}
