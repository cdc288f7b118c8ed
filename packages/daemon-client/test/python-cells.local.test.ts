import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { whyNoModule } from './support/needs.ts'

const kernels = fileURLToPath(new URL('../../daemon/kernels/python', import.meta.url))
const reason = whyNoModule('IPython')

function runScript(name: string, argument: string): readonly string[] {
  const script = fileURLToPath(new URL(`support/${name}.py`, import.meta.url))
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1', PYTHONHASHSEED: '0' }
  return execFileSync('python3', [script, kernels, argument], {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .trimEnd()
    .split('\n')
}

describe.skipIf(reason !== undefined)(
  `the short way of a Python cell${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    it('takes cells for plain Python only where IPython would not change them', () => {
      expect(runScript('compare-transforms', '4000')).toEqual(['stayed True'])
    })

    it('tells of a cell what IPython tells of it, and leaves behind what IPython leaves behind', () => {
      const short = runScript('run-cells', 'short')
      expect(short.length).toBeGreaterThan(100)
      expect(short).toEqual(runScript('run-cells', 'whole'))
    })
  },
)
