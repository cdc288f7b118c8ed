import { Sandbox } from 'e2b'
import type { BenchCase } from '../case.ts'
import { crunByHand } from '../baselines/crun-by-hand.ts'
import { startBenchService } from '../history/bench-service.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'

const bytes = new Uint8Array(1024 * 1024).fill(120)
const ttlMs = 3_600_000

export const serviceFilesCase: BenchCase = {
  id: 'P11',
  title: "the service: 1 MiB written and read through E2B's SDK, over cat through crun exec",
  unit: 'ms',
  goals: [{ against: 'cat through crun exec', atMost: 2 }],
  repetitions: 50,
  prepare: async () => {
    await using stack = new AsyncDisposableStack()
    const { adapter, stateDirectory } = stack.use(await openLocalSandboxes())
    stack.use(await adapter.create({ ttlMs }))
    const crun = stack.use(await crunByHand(stateDirectory))
    const { url, apiKey } = stack.use(await startBenchService())
    const endpoint = `${url}/e2b`
    const sandbox = await Sandbox.create('base', { apiKey, apiUrl: endpoint, sandboxUrl: endpoint, timeoutMs: ttlMs })
    stack.defer(async () => void (await sandbox.kill()))
    const created = stack.move()
    return {
      subjects: [
        {
          name: 'caisson service',
          once: async () =>
            await timed(async () => {
              await sandbox.files.write('file', bytes.buffer)
              await sandbox.files.read('file', { format: 'bytes' })
            }),
        },
        { name: 'cat through crun exec', once: async () => await crun.writeAndRead(bytes) },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await created.disposeAsync(),
    }
  },
}
