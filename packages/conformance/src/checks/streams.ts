import { concatBytes, encodeText, mib, type OutputChunk } from '@caisson/core'
import { ensure, pause, same, sameBytes, within } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { alive, contiguous, directory, exited, follow, nonce, random, run, sh, start, write } from '../kit/programs.ts'

export const streamChecks: Checks = {
  'streams.separate': async (kit) => {
    const [out, err] = [nonce(), nonce()]
    const ran = await sh(await kit.shared(), `echo ${out}; echo ${err} >&2`)
    same([ran.stdout, ran.stderr], [`${out}\n`, `${err}\n`], 'standard output and standard error')
  },

  'streams.order': async (kit) => {
    const script = 'for i in 1 2 3; do echo "o$i"; read go; echo "e$i" >&2; read go; done'
    const process = await start(await kit.shared(), script, { stdin: 'pipe' })
    const followed = follow(process)
    const stdin = write(process.stdin)
    for (const line of ['o1', 'e1', 'o2', 'e2', 'o3', 'e3']) {
      await within(5000, followed.until(`${line}\n`), `the line ${line}`)
      await stdin.write(encodeText('\n'))
    }
    await followed.end
    same(followed.text(), 'o1\ne1\no2\ne2\no3\ne3\n', 'output in the order of its pieces')
  },

  'streams.offsets': async (kit) => {
    const process = await start(await kit.shared(), 'for i in 1 2 3 4 5; do echo out; echo error >&2; done')
    const followed = follow(process)
    await followed.end
    same(contiguous(followed.chunks, 0), 5 * ('out\n'.length + 'error\n'.length), 'position after the last piece')
  },

  'streams.early': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const text = nonce()
    const process = await start(sandbox, `echo ${text}; while ! test -e go; do sleep 0.05; done; echo end`, {
      cwd: path,
    })
    const followed = follow(process)
    // The process cannot end before it was allowed to, so what arrives now was not held back until its end.
    await within(5000, followed.until(text), 'output of a running process')
    await sandbox.files.write(`${path}/go`, new Uint8Array())
    await within(5000, followed.until('end'), 'output after that')
  },

  'streams.last-words': async (kit) => {
    const sandbox = await kit.shared()
    for (let round = 0; round < 5; round++) {
      const text = nonce()
      const process = await start(sandbox, `echo first; sleep 0.1; printf ${text}; exit 1`)
      const followed = follow(process)
      await followed.end
      same(followed.text(), `first\n${text}`, 'output')
    }
  },

  'streams.empty': async (kit) => {
    const process = await start(await kit.shared(), 'true')
    const followed = follow(process)
    await within(5000, followed.end, 'the end of the stream')
    same(followed.chunks.length, 0, 'pieces')
  },

  'streams.binary': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/random`
    const bytes = random(1 * mib)
    await sandbox.files.write(path, bytes)
    const process = await sandbox.processes.spawn({ argv: ['cat', path] })
    const followed = follow(process)
    await followed.end
    sameBytes(followed.bytes('stdout'), bytes, 'bytes of output')
  },

  'streams.invalid-utf8': async (kit) => {
    const script = "printf '\\377\\376\\303(\\000\\355\\240\\200'; printf '\\360\\237'; sleep 0.1; printf '\\216\\211'"
    const process = await start(await kit.shared(), script)
    const followed = follow(process)
    await followed.end
    const expected = [255, 254, 195, 40, 0, 237, 160, 128, ...encodeText('🎉')]
    same([...followed.bytes('stdout')], expected, 'bytes')
  },

  'streams.large-slow': async (kit) => {
    const size = 20_000_000
    const process = await start(await kit.shared(), `head -c ${size} /dev/zero; printf end`, { journalBytes: 32 * mib })
    let position = 0
    let last = new Uint8Array()
    for await (const chunk of process.output) {
      same(chunk.offset, position, 'offset of a piece')
      // The reader starts late: the process is long over by then.
      if (position === 0) await process.wait()
      position += chunk.bytes.byteLength
      last = concatBytes([last, chunk.bytes.slice(-3)]).slice(-3)
    }
    same(position, size + 3, 'bytes that arrived')
    same([...last], [...encodeText('end')], 'last bytes')
  },

  'streams.long-line': async (kit) => {
    const size = 5_000_000
    const process = await start(await kit.shared(), `head -c ${size} /dev/zero | tr '\\000' x; echo`)
    const followed = follow(process)
    await followed.end
    sameBytes(followed.bytes('stdout'), new Uint8Array(size + 1).fill(120, 0, size).fill(10, size), 'bytes of the line')
  },

  'streams.many-lines': async (kit) => {
    const count = 20_000
    const ran = await run(await kit.shared(), ['seq', '1', String(count)])
    same(ran.stdout, Array.from({ length: count }, (_, index) => `${index + 1}\n`).join(''), 'lines')
  },

  'streams.reader-leaves': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const script = 'echo first; while ! test -e go; do sleep 0.05; done; echo more; exit 6'
    const process = await start(sandbox, script, { cwd: path })
    const reader = process.output.getReader()
    await reader.read()
    await reader.cancel()
    await pause(100)
    ensure(await alive(sandbox, process.pid), 'the process ended with its reader')
    await sandbox.files.write(`${path}/go`, new Uint8Array())
    same((await process.wait()).outcome, exited(6), 'outcome')
  },

  'streams.total': async (kit) => {
    const process = await start(await kit.shared(), 'head -c 70000 /dev/zero; head -c 30000 /dev/zero >&2')
    const followed = follow(process)
    await followed.end
    const count = (stream: OutputChunk['stream']): number => followed.bytes(stream).byteLength
    same([count('stdout'), count('stderr')], [70_000, 30_000], 'bytes that arrived')
    same((await process.wait()).outputBytes, 100_000, 'outputBytes')
  },
}
