import { createLocalAdapter } from '@caisson/adapter-local'
import { decodeText, mib, runShell } from '@caisson/core'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNot() ?? (existsSync('/usr/sbin/runc') ? undefined : 'needs runc: sh infra/provision/runc.sh install')

describe.skipIf(reason !== undefined)(`runc${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const state = temporaryState()

  it('holds the same as crun', async () => {
    await using adapter = createLocalAdapter({ stateDirectory: state, runtime: 'runc' })
    await using sandbox = await adapter.create({ resources: { memoryBytes: 96 * mib, pids: 40 } })
    const seen = await runShell(
      sandbox,
      'id -u; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status; cut -d: -f3 /proc/self/cgroup | sort -u; cat /proc/sys/user/max_inotify_instances',
    )
    expect(decodeText(seen.stdout)).toBe('1000\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n/\n32\n')
    const bomb = await runShell(sandbox, "python3 -c 'x = bytearray(1 << 30)'")
    expect(bomb.outcome).toEqual({ kind: 'out-of-memory' })
    await sandbox.pause?.()
    expect((await sandbox.info()).state).toBe('paused')
    await sandbox.resume?.()
    expect((await runShell(sandbox, 'true')).outcome).toEqual({ kind: 'exited', code: 0 })
  })
})
