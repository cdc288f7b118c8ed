import { concatBytes, encodeText } from '@caisson/core'
import { between, ensure, eventually, rejects, same, within } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { directory, exited, follow, nonce, output, random, run, sh, sha256, start } from '../kit/programs.ts'

export const processChecks: Checks = {
  'processes.argv-verbatim': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const words = [
      'two words',
      '',
      '$(touch pwned)',
      '`touch pwned`',
      '; touch pwned',
      "it's",
      '"',
      '*',
      'a\nb',
      '🎉',
      '\\n',
      '-n',
      '~',
    ]
    const ran = await run(sandbox, ['printf', '[%s]', ...words], { cwd: path })
    same(ran.stdout, words.map((word) => `[${word}]`).join(''), 'arguments')
    same(await sandbox.files.list(path), [], 'files that a shell would have made')
  },

  'processes.path-lookup': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const [name, text] = [nonce(), nonce()]
    await sandbox.files.write(`${path}/${name}`, encodeText(`#!/bin/sh\necho ${text}\n`), { mode: 0o755 })
    const ran = await run(sandbox, [name], { env: { PATH: `${path}:/usr/bin:/bin` } })
    same(ran.stdout, `${text}\n`, 'output of the program in PATH')
  },

  'processes.program-missing': async (kit) => {
    const sandbox = await kit.shared()
    for (const program of [nonce(), `/tmp/${nonce()}`]) {
      await rejects(async () => await sandbox.processes.spawn({ argv: [program] }), 'path-not-found', program)
    }
  },

  'processes.program-not-executable': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/plain`
    await sandbox.files.write(path, encodeText('#!/bin/sh\necho ran\n'), { mode: 0o644 })
    await rejects(async () => await sandbox.processes.spawn({ argv: [path] }), 'permission-denied', 'spawn')
  },

  'processes.exit-codes': async (kit) => {
    const sandbox = await kit.shared()
    for (const code of [0, 1, 2, 42, 124, 126, 127, 137, 255]) {
      same((await sh(sandbox, `exit ${code}`)).outcome, exited(code), `outcome of exit ${code}`)
    }
  },

  'processes.pid': async (kit) => {
    const process = await start(await kit.shared(), 'echo "pid $$."')
    await follow(process).until(`pid ${process.pid}.`)
  },

  'processes.cwd-default': async (kit) => {
    const sandbox = await kit.shared()
    const [here, home] = (await output(sandbox, 'pwd -P; cd ~ && pwd -P')).split('\n')
    same(here, home, 'working directory')
    ensure(here !== '/', 'the home is /')
  },

  'processes.cwd-absolute': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    same(await output(sandbox, 'pwd -P', { cwd: path }), path, 'working directory')
  },

  'processes.cwd-relative': async (kit) => {
    const sandbox = await kit.shared()
    const name = nonce()
    const home = await output(sandbox, `mkdir ~/${name} && cd ~ && pwd -P`)
    same(await output(sandbox, 'pwd -P', { cwd: name }), `${home}/${name}`, 'working directory')
  },

  'processes.cwd-missing': async (kit) => {
    const sandbox = await kit.shared()
    await rejects(async () => await start(sandbox, 'true', { cwd: `/tmp/${nonce()}` }), 'path-not-found', 'spawn')
  },

  'processes.env-sandbox': async (kit) => {
    const text = nonce()
    const sandbox = await kit.fresh({ env: { FROM_SANDBOX: text } })
    same(await output(sandbox, 'echo "$FROM_SANDBOX"'), text, 'variable of the sandbox')
  },

  'processes.env-precedence': async (kit) => {
    const sandbox = await kit.fresh({ env: { BOTH: 'sandbox' } })
    same(await output(sandbox, 'echo "$BOTH"', { env: { BOTH: 'process' } }), 'process', 'variable set twice')
    same(await output(sandbox, 'echo "$BOTH"'), 'sandbox', 'variable of the sandbox afterwards')
  },

  'processes.env-values': async (kit) => {
    const values = { A: 'two\nlines', B: `'"$HOME\`id\``, C: '🎉 ü', D: '', E: ' spaces ', F: 'a=b' }
    const ran = await sh(await kit.shared(), 'printf "[%s]" "$A" "$B" "$C" "${D-unset}" "$E" "$F"', { env: values })
    same(
      ran.stdout,
      Object.values(values)
        .map((value) => `[${value}]`)
        .join(''),
      'values',
    )
  },

  'processes.env-separate': async (kit) => {
    const sandbox = await kit.shared()
    const name = `V_${nonce()}`
    await output(sandbox, 'true', { env: { [name]: 'here' } })
    same(await output(sandbox, `echo "\${${name}-unset}"`), 'unset', 'variable of an earlier process')
  },

  'processes.stdin-none': async (kit) => {
    const ran = await sh(await kit.shared(), 'cat; echo over', { timeoutMs: 5000 })
    same([ran.outcome, ran.stdout], [exited(0), 'over\n'], 'outcome and output')
  },

  'processes.stdin-conversation': async (kit) => {
    const text = nonce()
    const process = await start(await kit.shared(), 'read line; echo "got $line"; read line; echo "then $line"', {
      stdin: 'pipe',
    })
    const followed = follow(process)
    ensure(process.stdin !== undefined, 'the process has no stdin')
    const writer = process.stdin.getWriter()
    await writer.write(encodeText(`${text}\n`))
    await within(5000, followed.until(`got ${text}`), 'answer to the first line')
    await writer.write(encodeText('second\n'))
    await within(5000, followed.until('then second'), 'answer to the second line')
    same((await process.wait()).outcome, exited(0), 'outcome')
  },

  'processes.stdin-eof': async (kit) => {
    const process = await start(await kit.shared(), 'cat; echo over', { stdin: 'pipe', timeoutMs: 5000 })
    const followed = follow(process)
    ensure(process.stdin !== undefined, 'the process has no stdin')
    await process.stdin.close()
    same((await process.wait()).outcome, exited(0), 'outcome after stdin was closed')
    await followed.end
    same(followed.text(), 'over\n', 'output')
  },

  'processes.stdin-large': async (kit) => {
    const pieces = Array.from({ length: 5 }, () => random(1024 * 1024))
    const process = await start(await kit.shared(), 'sha256sum', { stdin: 'pipe' })
    const followed = follow(process)
    ensure(process.stdin !== undefined, 'the process has no stdin')
    const writer = process.stdin.getWriter()
    for (const piece of pieces) await writer.write(piece)
    await writer.close()
    await followed.end
    same(followed.text().split(' ')[0], sha256(concatBytes(pieces)), 'sha256 of what arrived')
  },

  'processes.stdin-unread': async (kit) => {
    const input = new Uint8Array(1024 * 1024)
    const ran = await within(
      10_000,
      run(await kit.shared(), ['true'], { input }),
      'the end of a process that reads nothing',
    )
    same(ran.outcome, exited(0), 'outcome')
  },

  'processes.wait-again': async (kit) => {
    const process = await start(await kit.shared(), 'sleep 0.1; exit 7')
    const during = await Promise.all([process.wait(), process.wait()])
    same(during[0].outcome, exited(7), 'outcome')
    same([during[1], await process.wait()], [during[0], during[0]], 'results of further waits')
  },

  'processes.wait-unread': async (kit) => {
    const process = await start(await kit.shared(), 'head -c 1000000 /dev/zero; exit 3')
    const result = await within(10_000, process.wait(), 'the end of a process whose output nobody reads')
    same(result.outcome, exited(3), 'outcome')
  },

  'processes.background-child': async (kit) => {
    const ran = await within(5000, sh(await kit.shared(), 'sleep 20 & echo started'), 'the end of the process')
    same([ran.outcome, ran.stdout], [exited(0), 'started\n'], 'outcome and output')
  },

  'processes.list': async (kit) => {
    const sandbox = await kit.shared()
    const tag = nonce()
    const process = await start(sandbox, 'read line', { stdin: 'pipe', tag })
    const find = async () => (await sandbox.processes.list()).find(({ pid }) => pid === process.pid)
    const found = await find()
    same(found?.argv, ['/bin/sh', '-c', 'read line'], 'argv of the running process')
    same(found?.tag, tag, 'tag of the running process')
    await process.stdin?.close()
    await process.wait()
    await eventually('the ended process is listed no more', 3000, async () => (await find()) === undefined)
  },

  'processes.tag-taken': async (kit) => {
    const sandbox = await kit.shared()
    const tag = nonce()
    const first = await start(sandbox, 'sleep 30', { tag })
    await rejects(async () => await start(sandbox, 'true', { tag }), 'conflict', 'spawn with a tag that is taken')
    await first.cancel()
    await first.wait()
    same((await sh(sandbox, 'exit 4', { tag })).outcome, exited(4), 'outcome with a tag that is free again')
  },

  'processes.duration': async (kit) => {
    const beganAtMs = performance.now()
    const { durationMs } = await sh(await kit.shared(), 'sleep 0.4')
    between(durationMs, 350, performance.now() - beganAtMs + 20, 'durationMs of sleep 0.4')
  },

  'processes.parallel': async (kit) => {
    const sandbox = await kit.shared()
    const texts = Array.from({ length: 20 }, nonce)
    const ran = await Promise.all(
      texts.map(async (text, index) => await sh(sandbox, `echo ${text}; sleep 0.05; exit ${index}`)),
    )
    same(
      ran.map(({ stdout }) => stdout),
      texts.map((text) => `${text}\n`),
      'outputs',
    )
    same(
      ran.map(({ outcome }) => outcome),
      texts.map((_, index) => exited(index)),
      'outcomes',
    )
  },
}
