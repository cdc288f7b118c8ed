import { encodeText } from '@caisson/core'
import { ensure, rejects, same, within } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { contiguous, directory, exited, follow, nonce, sh, start, write } from '../kit/programs.ts'

export const attachChecks: Checks = {
  'attach.by-pid': async (kit) => {
    const sandbox = await kit.shared()
    const text = nonce()
    const process = await start(sandbox, `echo ${text}; read line; echo over`, { stdin: 'pipe' })
    await follow(process).until(text)
    const again = await sandbox.processes.attach(process.pid)
    const followed = follow(again)
    same(again.pid, process.pid, 'pid')
    await within(5000, followed.until(text), 'replayed output')
    await process.stdin?.close()
    await followed.end
    same(followed.text(), `${text}\nover\n`, 'whole output')
  },

  'attach.by-tag': async (kit) => {
    const sandbox = await kit.shared()
    const tag = nonce()
    const process = await start(sandbox, 'read line', { stdin: 'pipe', tag })
    same((await sandbox.processes.attach(tag)).pid, process.pid, 'pid')
    await process.stdin?.close()
  },

  'attach.from-offset': async (kit) => {
    const sandbox = await kit.shared()
    const process = await start(sandbox, 'printf 0123456789; printf abcdef >&2')
    await process.wait()
    const followed = follow(await sandbox.processes.attach(process.pid, { fromOffset: 5 }))
    await followed.end
    same(contiguous(followed.chunks, 5), 16, 'position after the last piece')
    same(followed.bytes().byteLength, 11, 'bytes replayed')
  },

  'attach.ended': async (kit) => {
    const sandbox = await kit.shared()
    const text = nonce()
    const tag = nonce()
    const process = await start(sandbox, `echo ${text}; exit 9`, { tag })
    const result = await process.wait()
    const again = await sandbox.processes.attach(tag)
    same(await again.wait(), result, 'result')
    same(result.outcome, exited(9), 'outcome')
    const followed = follow(again)
    await followed.end
    same(followed.text(), `${text}\n`, 'output')
  },

  'attach.several-readers': async (kit) => {
    const sandbox = await kit.shared()
    const process = await start(sandbox, 'read line; seq 1 5000', { stdin: 'pipe' })
    const handles = [
      process,
      ...(await Promise.all([1, 2].map(async () => await sandbox.processes.attach(process.pid)))),
    ]
    const readers = handles.map((handle) => follow(handle))
    await process.stdin?.close()
    const expected = Array.from({ length: 5000 }, (_, index) => `${index + 1}\n`).join('')
    for (const reader of readers) {
      await reader.end
      same(reader.text(), expected, 'output of one reader')
    }
  },

  'attach.other-instance': async (kit) => {
    const sandbox = await kit.fresh()
    const path = await directory(sandbox)
    const script = 'i=0; while ! test -e go; do i=$((i+1)); echo "line $i"; sleep 0.02; done; echo "last $i"'
    const process = await start(sandbox, script, { cwd: path, tag: 'survivor' })
    await follow(process).until('line 3\n')
    await sandbox.detach()
    const again = await (await kit.other()).connect(sandbox.id)
    const followed = follow(await again.processes.attach('survivor'))
    await followed.until('line 10\n')
    await again.files.write(`${path}/go`, new Uint8Array())
    await followed.end
    const count = Number(/last (\d+)\n$/.exec(followed.text())?.[1])
    const lines = Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('')
    same(followed.text(), `${lines}last ${count}\n`, 'whole output')
  },

  'attach.control': async (kit) => {
    const sandbox = await kit.shared()
    const process = await start(sandbox, 'echo ready; exec sleep 30')
    await follow(process).until('ready')
    await (await sandbox.processes.attach(process.pid)).signal('SIGTERM')
    same((await process.wait()).outcome, { kind: 'signaled', signal: 'SIGTERM' }, 'outcome')
  },

  'attach.input': async (kit) => {
    const sandbox = await kit.fresh()
    const process = await start(sandbox, 'echo ready; read a; read b; cat; echo "$a-$b-over"', {
      stdin: 'pipe',
      tag: 'fed',
    })
    await follow(process).until('ready')
    const first = write(process.stdin)
    await first.write(encodeText('one\n'))
    first.releaseLock()
    await sandbox.detach()
    const again = await (await kit.other()).connect(sandbox.id)
    const attached = await again.processes.attach('fed')
    const followed = follow(attached)
    const writer = write(attached.stdin)
    await writer.write(encodeText('two\nrest\n'))
    await writer.close()
    await within(5000, followed.end, 'the end of the process')
    same(followed.text(), 'ready\nrest\none-two-over\n', 'output')
    const silent = await start(again, 'echo ready; sleep 30')
    same((await again.processes.attach(silent.pid)).stdin, undefined, 'input of a process without')
    await silent.cancel()
  },

  'attach.terminal': async (kit) => {
    const sandbox = await kit.shared()
    const script = 'trap "stty size" WINCH; echo ready; while ! read line; do :; done; echo "got $line"'
    const process = await start(sandbox, script, { terminal: { columns: 80, rows: 24 } })
    const attached = await sandbox.processes.attach(process.pid)
    const followed = follow(attached)
    await followed.until('ready')
    await attached.resize({ columns: 101, rows: 41 })
    await within(5000, followed.until('41 101'), 'the new size')
    const text = nonce()
    await write(attached.stdin).write(encodeText(`${text}\r`))
    await within(5000, followed.until(`got ${text}`), 'what was typed')
    await process.cancel()
  },

  'attach.journal-skips': async (kit) => {
    const size = 2_000_000
    const journalBytes = 100_000
    const sandbox = await kit.shared()
    const process = await start(sandbox, `head -c ${size} /dev/zero; printf end`, { journalBytes })
    const { outputBytes } = await process.wait()
    const followed = follow(await sandbox.processes.attach(process.pid))
    await followed.end
    const kept = followed.bytes().byteLength
    const first = followed.chunks[0]?.offset ?? 0
    same(outputBytes, size + 3, 'bytes written')
    ensure(first > 0, 'nothing was skipped, although the journal is small')
    same(contiguous(followed.chunks, first), size + 3, 'position after the last piece')
    ensure(kept >= journalBytes / 2 && kept <= 4 * journalBytes, `${kept} bytes kept of a journal of ${journalBytes}`)
    ensure(followed.text().endsWith('end'), 'the latest output is not there')
  },

  'attach.unknown': async (kit) => {
    const sandbox = await kit.shared()
    await sh(sandbox, 'true')
    for (const process of [nonce(), 4_000_000]) {
      await rejects(async () => await sandbox.processes.attach(process), 'process-not-found', `attach ${process}`)
    }
  },
}
