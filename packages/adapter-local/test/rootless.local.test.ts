import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it, vi } from 'vitest'
import { leftovers, whyNot } from './support/machine.ts'

const user = `caisson-test-${process.pid}`
const root = fileURLToPath(new URL('../../..', import.meta.url))
const program = 'packages/adapter-local/test/support/as-user.ts'
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
  return undefined
}

/**
 * Runs the program as that user, who sees this folder and Node at places of their own: the directories above may be closed to everybody but root. The mounts
 * are seen by nobody else and end with the last process that sees them.
 */
const script = `
set -eu
mount --bind "$ROOT" "$PLACE/root"
touch "$PLACE/node"
mount --bind "$NODE" "$PLACE/node"
cd "$PLACE/root"
runuser -u "$USER_NAME" -- test -r "$PROGRAM" || { echo unreadable; exit 0; }
exec runuser -u "$USER_NAME" -- "$PLACE/node" --conditions=@caisson/source "$PROGRAM" "$STATE"
`

function runAsUser(): string {
  const place = mkdtempSync('/tmp/caisson-seen-')
  try {
    chmodSync(place, 0o755)
    mkdirSync(`${place}/root`)
    const variables = {
      ROOT: root,
      PLACE: place,
      NODE: process.execPath,
      USER_NAME: user,
      PROGRAM: program,
      STATE: state,
    }
    return execFileSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
      encoding: 'utf8',
      timeout: 100_000,
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...variables },
    })
  } finally {
    rmSync(place, { recursive: true })
  }
}

afterAll(() => void spawnSync('userdel', ['--remove', user]))

it('without root a sandbox runs, holds what it declares, refuses what it cannot hold, and leaves nothing', async ({
  skip,
}) => {
  const reason = makeUser()
  if (reason !== undefined) skip(reason)
  const said = runAsUser()
  if (said === 'unreadable\n') skip('the files of this folder are closed to others')
  const report: unknown = JSON.parse(said)
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
