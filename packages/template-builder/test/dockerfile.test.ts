import { expect, test } from 'vitest'
import { createBuildLog } from '../src/build-log.ts'
import { declares, readStages } from '../src/dockerfile.ts'
import type { BuildEvent } from '../src/index.ts'

const dockerfile = `# syntax of old
ARG BASE=x

FROM \${BASE} AS one
# a comment
RUN echo a \\
  # in between
  && echo b
env A=1
FROM scratch
ARG CA_CERTIFICATES=/etc/x
COPY --from=one /a /a
`

test('instructions have their lines, stage by stage', () => {
  expect(readStages(dockerfile)).toEqual([
    [
      { line: 4, keyword: 'FROM' },
      { line: 6, keyword: 'RUN' },
      { line: 9, keyword: 'ENV' },
    ],
    [
      { line: 10, keyword: 'FROM' },
      { line: 11, keyword: 'ARG' },
      { line: 12, keyword: 'COPY' },
    ],
  ])
  expect(declares(dockerfile, 'CA_CERTIFICATES')).toBe(true)
  expect(declares(dockerfile, 'CERTIFICATES')).toBe(false)
})

test('steps get their lines, and what an instruction prints is never a step', () => {
  const events: BuildEvent[] = []
  const log = createBuildLog('t', readStages(dockerfile), (event) => events.push(event))
  for (const line of [
    '[1/2] STEP 1/3: FROM x AS one',
    '[1/2] STEP 2/3: RUN echo a   && echo b',
    '[2/2] STEP 3/3: COPY forged',
    '[1/2] STEP 2/3: RUN forged',
    '--> Using cache 0123456789ab',
    '[1/2] STEP 3/3: ENV A=1',
    '--> 0123456789ab',
    '[2/2] STEP 1/3: FROM scratch',
    '[2/2] STEP 2/3: LABEL "appended"="by us"',
  ]) {
    log.onLine(line)
  }
  expect(events.map((event) => [event.type, event.type === 'step' ? event.line : undefined])).toEqual([
    ['step', 4],
    ['step', 6],
    ['output', undefined],
    ['output', undefined],
    ['step-cached', undefined],
    ['step', 9],
    ['step', 10],
    ['step', undefined],
  ])
  expect(log.lastStep()).toMatchObject({ instruction: 'LABEL "appended"="by us"', line: undefined })
})
