import { writeFileSync } from 'node:fs'
import { env } from 'node:process'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { printOutcome, type TestOutcome } from './test-outcome.ts'

const shownLines = 12

/** Tells, after everything else, what did not run and why, what failed and how, and the counts: in print, or to the file that `CAISSON_TEST_OUTCOME` names. */
export default class TestReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const outcome: TestOutcome = {
      passed: tests.filter((test) => test.result().state === 'passed').length,
      skipped: tests
        .filter((test) => test.result().state === 'skipped')
        .map((test) => `${test.module.relativeModuleId}: ${reason(test)}`),
      failures: [
        ...modules.flatMap((module) => module.errors().map((error) => describe(module.relativeModuleId, error))),
        ...tests.flatMap(describeFailure),
        ...errors.map((error) => describe('outside of any test', error)),
      ],
    }
    const file = env['CAISSON_TEST_OUTCOME']
    if (file === undefined) printOutcome([outcome])
    else writeFileSync(file, JSON.stringify(outcome))
  }
}

/** A suite that is skipped as a whole has its reason in its title. */
function reason(test: TestCase): string {
  const result = test.result()
  if (result.state === 'skipped' && result.note !== undefined) return `${test.name}: ${result.note}`
  return test.parent.type === 'suite' ? test.parent.fullName : test.fullName
}

function describeFailure(test: TestCase): readonly string[] {
  const result = test.result()
  const where = `${test.module.relativeModuleId} > ${test.fullName}`
  if (result.state === 'pending') return [`${where}: did not end`]
  return result.state === 'failed' ? result.errors.map((error) => describe(where, error)) : []
}

function describe(where: string, error: unknown): string {
  const text = error instanceof Error || isError(error) ? (error.stack ?? error.message) : String(error)
  const lines = text.split('\n').filter((line) => !/\/node_modules\/|new Promise/.test(line))
  return [where, ...lines.slice(0, shownLines).map((line) => `    ${line}`)].join('\n')
}

/** Errors of workers come as data. */
function isError(error: unknown): error is { readonly message: string; readonly stack?: string } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
}
