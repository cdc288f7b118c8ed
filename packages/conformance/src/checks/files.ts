import { concatBytes, encodeText, mib, readFileText } from '@caisson/core'
import { between, ensure, rejects, same, sameBytes, within } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { directory, nonce, output, random, readAll, run, sha256 } from '../kit/programs.ts'

export const fileChecks: Checks = {
  'files.round-trip': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/random`
    const bytes = random(300_000)
    await sandbox.files.write(path, bytes)
    sameBytes(await readAll(await sandbox.files.read(path)), bytes, 'bytes read')
  },

  'files.empty': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/empty`
    same((await sandbox.files.write(path, new Uint8Array())).sizeBytes, 0, 'size')
    same((await readAll(await sandbox.files.read(path))).byteLength, 0, 'bytes read')
  },

  'files.large-stream': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/large`
    const pieces = Array.from({ length: 4 }, () => random(1 * mib))
    await sandbox.files.write(path, ReadableStream.from(pieces))
    const whole = concatBytes(pieces)
    same((await output(sandbox, `sha256sum ${path}`)).split(' ')[0], sha256(whole), 'sha256 seen in the sandbox')
    let largest = 0
    const parts: Uint8Array[] = []
    for await (const part of await sandbox.files.read(path)) {
      largest = Math.max(largest, part.byteLength)
      parts.push(part)
    }
    sameBytes(concatBytes(parts), whole, 'bytes read')
    ensure(largest <= 4 * mib, `a single piece of ${largest} bytes: the file was not streamed`)
  },

  'files.seen-by-processes': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const [written, printed] = [nonce(), nonce()]
    await sandbox.files.write(`${path}/in`, encodeText(written))
    same(await output(sandbox, `cat ${path}/in; echo ${printed} > ${path}/out`), written, 'what the process read')
    same(await readFileText(sandbox, `${path}/out`), `${printed}\n`, 'what the process wrote')
  },

  'files.write-replaces': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/file`
    await sandbox.files.write(path, encodeText('a long first content'))
    await sandbox.files.write(path, encodeText('short'))
    same(await readFileText(sandbox, path), 'short', 'content')
  },

  'files.write-parents': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/a/b/c/file`
    await sandbox.files.write(path, encodeText('deep'))
    same(await readFileText(sandbox, path), 'deep', 'content')
  },

  'files.write-mode-default': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/file`
    await sandbox.files.write(path, encodeText('x'))
    same(await output(sandbox, `stat -c %a ${path}`), '644', 'mode')
  },

  'files.write-mode': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/program`
    const text = nonce()
    const info = await sandbox.files.write(path, encodeText(`#!/bin/sh\necho ${text}\n`), { mode: 0o750 })
    same(info.mode, 0o750, 'mode in the result')
    same((await sandbox.files.stat(path)).mode, 0o750, 'mode that stat tells')
    same((await run(sandbox, [path])).stdout, `${text}\n`, 'output of the written program')
  },

  'files.write-owner': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/file`
    const { owner } = await sandbox.files.write(path, encodeText('x'))
    same(await output(sandbox, `stat -c %U ${path}; id -un`), `${owner}\n${owner}`, 'owner, and who processes run as')
  },

  'files.write-result': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/file`
    const info = await sandbox.files.write(path, encodeText('12345'))
    same(info, await sandbox.files.stat(path), 'info')
  },

  'files.stat': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await sandbox.files.write(`${path}/file`, encodeText('12345'))
    const info = await sandbox.files.stat(`${path}/file`)
    const seen = { name: info.name, path: info.path, type: info.type, sizeBytes: info.sizeBytes }
    same(seen, { name: 'file', path: `${path}/file`, type: 'file', sizeBytes: 5 }, 'info')
    between(info.modifiedAtMs, Date.now() - 60_000, Date.now() + 60_000, 'modifiedAtMs')
    same((await sandbox.files.stat(path)).type, 'directory', 'type of a directory')
  },

  'files.missing': async (kit) => {
    const { files } = await kit.shared()
    const path = `/tmp/${nonce()}`
    await rejects(async () => await files.read(path), 'path-not-found', 'read')
    await rejects(async () => await files.stat(path), 'path-not-found', 'stat')
    await rejects(async () => await files.list(path), 'path-not-found', 'list')
    await rejects(async () => await files.move(path, `${path}-2`), 'path-not-found', 'move')
  },

  'files.read-directory': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await rejects(async () => await readAll(await sandbox.files.read(path)), 'is-a-directory', 'read')
  },

  'files.read-fifo': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/pipe`
    await output(sandbox, `mkfifo ${path}`)
    const reading = rejects(async () => await readAll(await sandbox.files.read(path)), 'invalid-argument', 'read')
    await within(3000, reading, 'the answer to reading a named pipe')
  },

  'files.read-device': async (kit) => {
    const { files } = await kit.shared()
    const reading = rejects(async () => await files.read('/dev/zero'), 'invalid-argument', 'read')
    await within(3000, reading, 'the answer to reading a device')
  },

  'files.write-on-directory': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await rejects(async () => await sandbox.files.write(path, encodeText('x')), 'is-a-directory', 'write')
  },

  'files.below-a-file': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/file`
    await sandbox.files.write(path, encodeText('x'))
    await rejects(async () => await sandbox.files.write(`${path}/below`, encodeText('x')), 'not-a-directory', 'write')
  },

  'files.symlink-stat': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await output(sandbox, `ln -s some/target ${path}/link`)
    const { type, target = '' } = await sandbox.files.stat(`${path}/link`)
    // Some providers tell where a link leads, and not what is written in it.
    const written = target === `${path}/some/target` ? 'some/target' : target
    same({ type, target: written }, { type: 'symlink', target: 'some/target' }, 'info of a link')
  },

  'files.symlink-read': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const text = nonce()
    await sandbox.files.write(`${path}/file`, encodeText(text))
    await output(sandbox, `ln -s file ${path}/relative && ln -s ${path}/relative ${path}/absolute`)
    same(await readFileText(sandbox, `${path}/absolute`), text, 'content behind two links')
  },

  'files.names': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const names = ['🎉 party', 'a\nb', ' spaces ', '-rf', `'quoted"`, '$(id)', '*', '%s\\n', 'ü'.normalize('NFD')]
    for (const name of names) await sandbox.files.write(`${path}/${name}`, encodeText(name))
    const listed = (await sandbox.files.list(path)).map(({ name }) => name)
    same(listed.sort(), [...names].sort(), 'listed names')
    for (const name of names) {
      same(await readFileText(sandbox, `${path}/${name}`), name, `content of ${JSON.stringify(name)}`)
      same((await run(sandbox, ['cat', '--', `${path}/${name}`])).stdout, name, `content that cat sees of ${name}`)
    }
  },
}
