import { createE2bGateway, type RecordKind } from '@caisson/compat-e2b'
import { createMemoryHost, serveGateway } from '@caisson/compat-kit/testing'
import { runProcess } from '@caisson/core'
import { Sandbox } from 'e2b'
import type { BenchCase } from '../case.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'

const key = `e2b_${'0'.repeat(40)}`
const ttlMs = 3_600_000

/** E2B's clients have every command run by a login shell, so the other side does as well. */
const command = 'true'
const argv = ['/bin/bash', '-l', '-c', command] as const

export const e2bCommandCase: BenchCase = {
  id: 'P6',
  title: "local: a command through E2B's SDK and our endpoint, over the same through our own client",
  unit: 'ms',
  goals: [{ against: 'our own client', atMost: 1.2 }],
  repetitions: 100,
  prepare: async () => {
    await using stack = new AsyncDisposableStack()
    const { adapter } = stack.use(await openLocalSandboxes())
    const { host } = createMemoryHost<RecordKind>({ adapter, keys: { [key]: 'bench' } })
    const gateway = stack.use(createE2bGateway({ host, secret: '0'.repeat(32) }))
    const { url } = stack.use(await serveGateway(gateway))
    const ours = stack.use(await adapter.create({ ttlMs }))
    const theirs = await Sandbox.create('base', { apiKey: key, apiUrl: url, sandboxUrl: url, timeoutMs: ttlMs })
    const created = stack.move()
    return {
      subjects: [
        {
          name: "E2B's SDK",
          once: async () => await timed(async () => void (await theirs.commands.run(command))),
        },
        {
          name: 'our own client',
          once: async () => await timed(async () => void (await runProcess(ours, { argv }))),
        },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await created.disposeAsync(),
    }
  },
}
