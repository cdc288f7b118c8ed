import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it, vi } from 'vitest'
import { leftovers, whyNot } from './support/machine.ts'

const user = `caisson-test-${process.pid}`
const program = fileURLToPath(new URL('./support/as-user.ts', import.meta.url))
const state = `/home/${user}/state`

/** Makes the user, or says what is missing. */
function makeUser(): string | undefined {
  const missing = whyNot()
  if (missing !== undefined) return missing
  for (const tool of ['useradd', 'runuser', 'newuidmap']) {
    if (spawnSync('which', [tool]).status !== 0) return `needs ${tool}: sh infra/provision/crun.sh install`
  }
  if (spawnSync('useradd', ['--create-home', user]).status !== 0) return 'useradd does not work here'
  const tries = (...command: readonly string[]): boolean =>
    spawnSync('runuser', ['-u', user, '--', ...command]).status === 0
  if (!tries('unshare', '--user', '--map-auto', '--map-root-user', '--mount', 'true')) {
    return 'an ordinary user cannot make a user namespace here'
  }
  if (!tries(process.execPath, '--version') || !tries('test', '-r', program)) {
    return 'an ordinary user cannot read this folder'
  }
  return undefined
}

afterAll(() => void spawnSync('userdel', ['--remove', user]))

it('without root a sandbox runs, holds what it declares, refuses what it cannot hold, and leaves nothing', async ({
  skip,
}) => {
  const reason = makeUser()
  if (reason !== undefined) skip(reason)
  const output = execFileSync(
    'runuser',
    ['-u', user, '--', process.execPath, '--conditions=@caisson/source', program, state],
    { encoding: 'utf8', timeout: 60_000 },
  )
  const report: unknown = JSON.parse(output)
  expect(report).toMatchObject({
    capabilities: { isolation: 'container', limits: ['disk', 'pids'] },
    health: 'healthy',
    refused: { code: 'unsupported', field: 'resources.memoryBytes', remedy: expect.stringContaining('root') },
    answers: {
      identity: '1000\nCapEff:\t0000000000000000 NoNewPrivs:\t1 Seccomp:\t2',
      network: 'lo',
      host: expect.stringMatching(/No such file.*\nuser$/s),
      disk: expect.stringMatching(/1$/),
    },
    connected: 'hello',
    destroyed: 'destroyed',
    again: 'absent',
  })
  const { answers } = report as { readonly answers: { readonly pids: string } }
  expect(Number(answers.pids)).toBeLessThanOrEqual(48 + 4)
  await vi.waitFor(() => expect(leftovers(state)).toEqual([]), { timeout: 10_000 })
  expect(readdirSync(`${state}/sandboxes`)).toEqual([])
})
