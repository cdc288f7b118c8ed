import type { Reporter, TestModule } from 'vitest/node'

/** Prints, after everything else, each test that did not run and why, and one line with the counts. */
export default class TestReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 }
    const skipped: string[] = []
    for (const module of modules) {
      counts.failed += module.errors().length
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'pending') counts.failed += 1
        else counts[result.state] += 1
        if (result.state === 'skipped') {
          skipped.push(`  ${module.relativeModuleId} > ${test.fullName}: ${result.note ?? 'no reason given'}`)
        }
      }
    }
    if (skipped.length > 0) print('', `Not run here (${skipped.length}):`, ...skipped.toSorted())
    print('', `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  }
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
