import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runCli } from '../src/cli/run-cli.ts'
import { requirements } from '../src/index.ts'

const target = (name: string): string => fileURLToPath(new URL(`targets/${name}.ts`, import.meta.url))

async function run(argv: readonly string[], color = false) {
  let stdout = ''
  let stderr = ''
  const code = await runCli(argv, {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    color,
  })
  return { code, stdout, stderr }
}

describe('the command line', () => {
  it('prints requirement by requirement and the totals', async () => {
    const { code, stdout } = await run([target('correct'), '--only', 'errors', '--only', 'files.empty'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ok +files\.empty/m)
    expect(stdout).toMatch(/^ok +errors\.typed/m)
    expect(stdout).toContain('memory: 5 requirements: 5 hold, 0 failed, 0 skipped, 0 known failures')
  })

  it('tells what was seen, why something is skipped and what is known, and ends with 1', async () => {
    const { code, stdout } = await run([
      target('broken'),
      '--only',
      'files.empty',
      '--only',
      'watch.missing',
      '--only',
      'errors.typed',
    ])
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /^FAILED +files\.empty\n +An empty file is a file of no bytes\. \(Files\.write\)\n +seen: size: expected 0, saw 1/m,
    )
    expect(stdout).toMatch(/^skipped +watch\.missing\n +does not declare watch/m)
    expect(stdout).toMatch(/^known failure errors\.typed\n +for the test/m)
    expect(stdout).toContain('1 failed, 1 skipped, 1 known failures')
  })

  it('colors when it may', async () => {
    const argv = [target('correct'), '--only', 'files.empty']
    expect((await run(argv, true)).stdout).toContain('\u001B[')
    expect((await run(argv, false)).stdout).not.toContain('\u001B[')
  })

  it('gives JSON', async () => {
    const { stdout } = await run([target('correct'), '--only', 'files.empty', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      target: 'memory',
      passed: true,
      results: [{ requirement: { id: 'files.empty' }, status: 'passed' }],
    })
  })

  it('helps with examples', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Examples:'), stderr: '' })
  })

  it('lists the requirements without a target', async () => {
    const { code, stdout } = await run(['--list'])
    expect(code).toBe(0)
    for (const { id } of requirements) expect(stdout).toContain(id)
    expect(JSON.parse((await run(['--list', '--json'])).stdout)).toHaveLength(requirements.length)
  })

  it.each([
    [[], 'name the module'],
    [['--only', 'nonsense', 'x'], 'neither a requirement nor a group'],
    [['--what'], "'--what'"],
    [['/no/such/file.ts'], 'cannot be loaded'],
    [[fileURLToPath(new URL('memory-target.ts', import.meta.url))], 'no conformance target'],
  ])('refuses %j with 2', async (argv, text) => {
    const { code, stderr } = await run(argv)
    expect(code).toBe(2)
    expect(stderr).toContain(text)
    expect(stderr).toContain('usage:')
  })
})
