import type { Reporter, TestCase, TestModule } from 'vitest/node'

const shownLines = 12

/**
 * Prints, after everything else, what did not run and why (a line for each file and reason), what failed and how, and one line with the counts. The
 * failures come last: whoever sees only the end of a long log needs them most.
 */
export default class TestReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const passed = tests.filter((test) => test.result().state === 'passed').length
    const skipped = tests.filter((test) => test.result().state === 'skipped')
    const failures = [
      ...modules.flatMap((module) => module.errors().map((error) => describe(module.relativeModuleId, error))),
      ...tests.flatMap(describeFailure),
      ...errors.map((error) => describe('outside of any test', error)),
    ]
    if (skipped.length > 0) print('', `Not run here (${skipped.length}):`, ...reasons(skipped))
    if (failures.length > 0) print('', `Failed (${failures.length}):`, ...failures)
    print('', `${passed} passed, ${failures.length} failed, ${skipped.length} skipped`)
  }
}

function reasons(skipped: readonly TestCase[]): readonly string[] {
  const groups = Map.groupBy(skipped, (test) => `  ${test.module.relativeModuleId}: ${reason(test)}`)
  const lines = [...groups].map(([line, tests]) => (tests.length === 1 ? line : `${line} (${tests.length} tests)`))
  return lines.toSorted((a, b) => a.localeCompare(b))
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
  if (result.state === 'pending') return [`  ${where}: did not end`]
  return result.state === 'failed' ? result.errors.map((error) => describe(where, error)) : []
}

function describe(where: string, error: unknown): string {
  const text = error instanceof Error || isError(error) ? (error.stack ?? error.message) : String(error)
  const lines = text.split('\n').filter((line) => !/\/node_modules\/|new Promise/.test(line))
  return [`  ${where}`, ...lines.slice(0, shownLines).map((line) => `      ${line}`)].join('\n')
}

/** Errors of workers come as data. */
function isError(error: unknown): error is { readonly message: string; readonly stack?: string } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
