import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { printOutcome, type TestOutcome, testOutcomeSchema } from './test-outcome.ts'

/** Two runs beside each other, since most of them is waiting: on the one side what keeps to itself, on the other what uses this machine directly. Each takes half of the time. */
const lanes = [
  ['build', 'docker', 'long'],
  ['!build', '!docker', '!long'],
] as const

const directory = mkdtempSync(join(tmpdir(), 'caisson-tests-'))
const children: ChildProcess[] = []
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => children.forEach((child) => child.kill(signal)))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))

const outcomes = await Promise.all(lanes.map(runLane))
printOutcome(outcomes)
process.exitCode = outcomes.some(({ failures }) => failures.length > 0) ? 1 : 0

/** Runs the tiers that the lane names, and shows its output line by line. */
async function runLane(tiers: readonly string[], index: number): Promise<TestOutcome> {
  const file = join(directory, `${index}.json`)
  const reporters = ['--reporter=default', '--reporter=infra/toolchain/test-report.ts']
  const child = spawn('vitest', ['run', ...tiers.flatMap((tier) => ['--project', tier]), ...reporters], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CAISSON_TEST_OUTCOME: file, ...(isColoured() ? { FORCE_COLOR: '1' } : {}) },
  })
  children.push(child)
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => process.stdout.write(`${line}\n`))
  const [code, signal] = await once(child, 'close')
  return readOutcome(file, `the tests of ${tiers.join(' and ')} ended with ${signal ?? `exit code ${code}`}`)
}

/** A run that was broken off left nothing, and one that failed without a failed test is a failure all the same. */
function readOutcome(file: string, end: string): TestOutcome {
  try {
    const outcome = testOutcomeSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    return end.endsWith('exit code 0') || outcome.failures.length > 0 ? outcome : { ...outcome, failures: [end] }
  } catch {
    return { passed: 0, skipped: [], failures: [`${end} and told nothing of its outcome`] }
  }
}

function isColoured(): boolean {
  return process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === ''
}
