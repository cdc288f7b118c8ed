import type { Signal } from '@caisson/core'
import { eventually, same } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { alive, exited, follow, sh, silence, start } from '../kit/programs.ts'

export const signalChecks: Checks = {
  'processes.signal-outcomes': async (kit) => {
    const sandbox = await kit.shared()
    for (const name of ['KILL', 'TERM', 'SEGV', 'ABRT', 'USR1']) {
      const { outcome } = await sh(sandbox, `kill -${name} $$; sleep 5`)
      same(outcome, { kind: 'signaled', signal: `SIG${name}` }, `outcome of kill -${name}`)
    }
  },

  'processes.signal-kinds': async (kit) => {
    const sandbox = await kit.shared()
    const kinds: readonly Signal[] = ['SIGHUP', 'SIGINT', 'SIGUSR1', 'SIGTERM', 'SIGKILL']
    for (const signal of kinds) {
      const process = await start(sandbox, 'echo ready; exec sleep 30')
      await follow(process).until('ready')
      await process.signal(signal)
      same((await process.wait()).outcome, { kind: 'signaled', signal }, `outcome of ${signal}`)
    }
  },

  'processes.signal-group': async (kit) => {
    const sandbox = await kit.shared()
    const process = await start(sandbox, 'sleep 30 & echo "child $!."; wait')
    const followed = follow(process)
    await followed.until('.')
    const child = /child (\d+)\./.exec(followed.text())?.[1] ?? ''
    await process.signal('SIGTERM')
    await process.wait()
    await eventually('the child of the group is gone', 3000, async () => !(await alive(sandbox, child)))
  },

  'processes.signal-handled': async (kit) => {
    const script = 'trap "echo caught; exit 7" TERM; echo ready; while :; do sleep 0.05; done'
    const process = await start(await kit.shared(), script)
    const followed = follow(process)
    await followed.until('ready')
    await process.signal('SIGTERM')
    same((await process.wait()).outcome, exited(7), 'outcome')
    await followed.end
    same(followed.text().includes('caught'), true, 'output of the handler')
  },

  'processes.signal-late': async (kit) => {
    const process = await start(await kit.shared(), 'exit 5')
    await process.wait()
    await process.signal('SIGTERM')
    same((await process.wait()).outcome, exited(5), 'outcome')
  },

  'processes.stop-and-continue': async (kit) => {
    const process = await start(await kit.shared(), 'while :; do echo tick; sleep 0.05; done')
    const followed = follow(process)
    await followed.until('tick\ntick\n')
    await process.signal('SIGSTOP')
    await silence(followed)
    const halted = followed.text().length
    await process.signal('SIGCONT')
    await eventually('output goes on', 5000, async () => await Promise.resolve(followed.text().length > halted))
    await process.cancel()
  },
}
