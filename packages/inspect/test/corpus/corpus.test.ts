import { beforeAll, describe, expect, it } from 'vitest'
import { type Corpus, measureCorpus } from './measure.ts'
import { readSamples } from './samples.ts'

/** What docs/inspection.md promises. */
const promised = {
  'samples that need a sandbox': { recall: 0.98, precision: 0.99 },
  findings: { recall: 0.97, precision: 0.98 },
}

let corpus: Corpus
beforeAll(async () => {
  corpus = await measureCorpus()
}, 60_000)

describe('every sample', () => {
  it.each(readSamples().map(({ name }) => name))('%s', (name) => {
    const outcome = corpus.outcomes.find(({ sample }) => sample.name === name)
    expect(outcome).toBeDefined()
    if (outcome === undefined) return
    const { sample, findings } = outcome
    const known = [...sample.expected, ...sample.extra].filter((code) => !sample.missed.has(code))
    expect([...new Set(findings.map(({ code }) => code))].toSorted()).toEqual(known.toSorted())
    for (const { place, line, excerpt } of findings) {
      expect(place).toBe(sample.place)
      if (sample.language !== 'files') expect(line).toBeGreaterThan(1)
      expect(line ?? 1).toBeLessThanOrEqual(sample.lines)
      expect(excerpt).not.toBe('')
    }
  })
})

it('is large enough, and holds enough that is harmless', () => {
  expect(corpus.outcomes.length).toBeGreaterThan(450)
  expect(corpus.outcomes.filter(({ sample }) => sample.expected.size === 0).length).toBeGreaterThan(100)
})

it.each(Object.entries(promised))('finds of %s what it promises', (name, { recall, precision }) => {
  const measured = corpus.measured.find((measure) => measure.name === name)
  expect(measured?.recall).toBeGreaterThanOrEqual(recall)
  expect(measured?.precision).toBeGreaterThanOrEqual(precision)
})
