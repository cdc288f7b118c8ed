/** An agent's way of working: write a module and its tests, run them, mend what fails, and run them again in the same sandbox. */
import { createLocalAdapter } from '@caisson/adapter-local'
import { decodeText, encodeText, runProcess } from '@caisson/core'

const first = `def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
`
const second = `def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
`
const tests = `from median import median

def test_odd():
    assert median([3, 1, 2]) == 2

def test_even():
    assert median([4, 1, 2, 3]) == 2.5
`

await using adapter = createLocalAdapter()
await using sandbox = await adapter.create({})
await sandbox.files.write('work/test_median.py', encodeText(tests))

for (const module of [first, second]) {
  await sandbox.files.write('work/median.py', encodeText(module))
  const argv = ['python3', '-B', '-m', 'pytest', '-q', '-p', 'no:cacheprovider'] as const
  const { outcome, stdout } = await runProcess(sandbox, { argv, cwd: 'work', timeoutMs: 60_000 })
  console.log(sandbox.id, outcome.kind === 'exited' && outcome.code === 0 ? 'passed' : 'failed')
  console.log(decodeText(stdout).trim().split('\n').at(-1))
}
