import { encodeText, runProcess } from '@caisson/core'
import { ensure, eventually, pause, rejects, same, within } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { alive, directory, exited, follow, nonce, output, start } from '../kit/programs.ts'
import { treePids, treeScript } from './limits.ts'

export const cancellationChecks: Checks = {
  'cancellation.outcome': async (kit) => {
    const process = await start(await kit.shared(), 'sleep 30')
    await Promise.all([process.cancel(), process.cancel()])
    same(
      (await within(5000, process.wait(), 'the end of a cancelled process')).outcome,
      { kind: 'cancelled' },
      'outcome',
    )
    await process.cancel()
  },

  'cancellation.tree': async (kit) => {
    const sandbox = await kit.shared()
    const process = await start(sandbox, treeScript)
    const followed = follow(process)
    await followed.until('.')
    await process.cancel()
    await process.wait()
    for (const pid of treePids(followed.text())) {
      await eventually(`process ${pid} is gone`, 3000, async () => !(await alive(sandbox, pid)))
    }
  },

  'cancellation.partial': async (kit) => {
    const text = nonce()
    const process = await start(await kit.shared(), `echo ${text}; sleep 30`)
    const followed = follow(process)
    await followed.until(text)
    await process.cancel()
    await within(5000, followed.end, 'the end of the output')
    same(followed.text(), `${text}\n`, 'output')
  },

  'cancellation.too-late': async (kit) => {
    const process = await start(await kit.shared(), 'exit 4')
    await process.wait()
    await process.cancel()
    same((await process.wait()).outcome, exited(4), 'outcome')
  },

  'cancellation.run': async (kit) => {
    const text = nonce()
    const controller = new AbortController()
    const done = await runProcess(
      await kit.shared(),
      { argv: ['/bin/sh', '-c', `echo ${text}; sleep 30`] },
      { signal: controller.signal, onOutput: () => controller.abort() },
    )
    same(done.outcome, { kind: 'cancelled' }, 'outcome')
    same(new TextDecoder().decode(done.stdout), `${text}\n`, 'output')
  },

  'cancellation.spawn-aborted': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/started`
    const spec = { argv: ['touch', path] } as const
    await rejects(
      async () => await sandbox.processes.spawn(spec, { signal: AbortSignal.abort() }),
      'cancelled',
      'spawn',
    )
    await pause(200)
    same(await output(sandbox, `test -e ${path} && echo yes || echo no`), 'no', 'whether it was started')
  },

  'cancellation.wait-aborted': async (kit) => {
    const sandbox = await kit.shared()
    const process = await start(sandbox, 'read line', { stdin: 'pipe' })
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 100)
    const waiting = rejects(async () => await process.wait({ signal: controller.signal }), 'cancelled', 'wait')
    await within(5000, waiting, 'the end of the wait')
    ensure(await alive(sandbox, process.pid), 'the process ended with the wait')
    await process.stdin?.close()
    same((await process.wait()).outcome, exited(1), 'outcome')
  },

  'cancellation.wait-late': async (kit) => {
    const sandbox = await kit.shared()
    const process = await start(sandbox, 'read line', { stdin: 'pipe' })
    const waiting = rejects(async () => await process.wait({ deadline: Date.now() + 150 }), 'timeout', 'wait')
    await within(5000, waiting, 'the end of the wait')
    ensure(await alive(sandbox, process.pid), 'the process ended with the wait')
    await process.stdin?.close()
    same((await process.wait()).outcome, exited(1), 'outcome')
  },

  'cancellation.calls-late': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/file`
    const late = { deadline: Date.now() - 1 }
    await rejects(async () => await sandbox.files.write(path, encodeText('x'), late), 'timeout', 'write')
    await rejects(async () => await sandbox.files.stat('/', late), 'timeout', 'stat')
    await rejects(async () => await sandbox.processes.list(late), 'timeout', 'list')
    await rejects(async () => await sandbox.info(late), 'timeout', 'info')
    await rejects(async () => await kit.adapter.connect(sandbox.id, late), 'timeout', 'connect')
    same(await output(sandbox, `test -e ${path} && echo yes || echo no`), 'no', 'whether it was written')
  },

  'cancellation.calls-aborted': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/file`
    const aborted = { signal: AbortSignal.abort() }
    await rejects(async () => await sandbox.files.write(path, encodeText('x'), aborted), 'cancelled', 'write')
    await rejects(async () => await sandbox.files.stat('/', aborted), 'cancelled', 'stat')
    await rejects(async () => await sandbox.processes.list(aborted), 'cancelled', 'list')
    await rejects(async () => await sandbox.info(aborted), 'cancelled', 'info')
    await rejects(async () => await kit.adapter.connect(sandbox.id, aborted), 'cancelled', 'connect')
    same(await output(sandbox, `test -e ${path} && echo yes || echo no`), 'no', 'whether it was written')
  },

  'cancellation.write-aborted': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/endless`
    const controller = new AbortController()
    let left = false
    const endless = new ReadableStream<Uint8Array>({
      pull: async (stream) => {
        await pause(10)
        if (!left) stream.enqueue(new Uint8Array(1000))
      },
      cancel: () => {
        left = true
      },
    })
    setTimeout(() => controller.abort(), 200)
    const writing = async (): Promise<unknown> =>
      await sandbox.files.write(path, endless, { signal: controller.signal })
    await within(5000, rejects(writing, 'cancelled', 'write'), 'the end of the write')
    await eventually('the given stream is cancelled', 3000, async () => await Promise.resolve(left))
    same(await output(sandbox, 'echo alive'), 'alive', 'output afterwards')
  },

  'cancellation.read-left': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/large`
    await output(sandbox, `head -c 8000000 /dev/zero > ${path}`)
    for (let round = 0; round < 10; round++) {
      const reader = (await sandbox.files.read(path)).getReader()
      await reader.read()
      await within(3000, reader.cancel(), 'leaving the file')
    }
    same(await output(sandbox, `rm ${path}; echo alive`), 'alive', 'output afterwards')
  },
}
