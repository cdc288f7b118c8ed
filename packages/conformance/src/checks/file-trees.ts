import { encodeText, isSandboxError, kib, mib, readFileBytes, readFileText } from '@caisson/core'
import { ensure, rejects, same, within } from '../kit/assert.ts'
import type { Checks } from '../kit/kit.ts'
import { directory, nonce, output, readAll } from '../kit/programs.ts'

export const fileTreeChecks: Checks = {
  'files.list': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await output(sandbox, `cd ${path} && mkdir d && touch b a d/inner c .hidden`)
    const seen = (await sandbox.files.list(path)).map((entry) => [entry.name, entry.path, entry.type])
    const expected = ['.hidden', 'a', 'b', 'c', 'd'].map((name) => [
      name,
      `${path}/${name}`,
      name === 'd' ? 'directory' : 'file',
    ])
    same(seen, expected, 'entries')
  },

  'files.list-depth': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await output(sandbox, `mkdir -p ${path}/a/b/c/d && touch ${path}/a/b/file`)
    const below = async (depth: number): Promise<string[]> =>
      (await sandbox.files.list(path, { depth })).map((entry) => entry.path.slice(path.length + 1))
    same(await below(1), ['a'], 'depth 1')
    same(await below(2), ['a', 'a/b'], 'depth 2')
    same(await below(3), ['a', 'a/b', 'a/b/c', 'a/b/file'], 'depth 3')
  },

  'files.list-links': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await output(sandbox, `cd ${path} && mkdir sub && ln -s .. sub/up && ln -s loop loop && ln -s nowhere dangling`)
    const seen = (await sandbox.files.list(path, { depth: 5 })).map((entry) => [
      entry.path.slice(path.length + 1),
      entry.type,
    ])
    const expected = [
      ['dangling', 'symlink'],
      ['loop', 'symlink'],
      ['sub', 'directory'],
      ['sub/up', 'symlink'],
    ]
    same(seen, expected, 'entries')
  },

  'files.list-file': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/file`
    await sandbox.files.write(path, encodeText('x'))
    await rejects(async () => await sandbox.files.list(path), 'not-a-directory', 'list')
  },

  'files.make-directory': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/a/b/c`
    const results = [await sandbox.files.makeDirectory(path), await sandbox.files.makeDirectory(path)]
    same(results, ['created', 'exists'], 'results')
    same((await sandbox.files.stat(path)).type, 'directory', 'type')
  },

  'files.make-directory-on-file': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/file`
    await sandbox.files.write(path, encodeText('x'))
    await rejects(async () => await sandbox.files.makeDirectory(path), 'path-exists', 'makeDirectory')
  },

  'files.move': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const text = nonce()
    await sandbox.files.write(`${path}/from`, encodeText(text))
    const info = await sandbox.files.move(`${path}/from`, `${path}/new/parents/to`)
    same(info.path, `${path}/new/parents/to`, 'path in the result')
    same(await readFileText(sandbox, `${path}/new/parents/to`), text, 'content')
    same(
      (await sandbox.files.list(path)).map(({ name }) => name),
      ['new'],
      'what is left',
    )
  },

  'files.move-replaces': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await sandbox.files.write(`${path}/from`, encodeText('new'))
    await sandbox.files.write(`${path}/to`, encodeText('old'))
    await sandbox.files.move(`${path}/from`, `${path}/to`)
    same(await readFileText(sandbox, `${path}/to`), 'new', 'content')
  },

  'files.move-directory': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await sandbox.files.write(`${path}/from/sub/file`, encodeText('inside'))
    await sandbox.files.move(`${path}/from`, `${path}/to`)
    same(await readFileText(sandbox, `${path}/to/sub/file`), 'inside', 'content')
  },

  'files.remove': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await sandbox.files.write(`${path}/tree/sub/file`, encodeText('x'))
    await sandbox.files.write(`${path}/file`, encodeText('x'))
    const results = [await sandbox.files.remove(`${path}/tree`), await sandbox.files.remove(`${path}/file`)]
    same(results, ['removed', 'removed'], 'results')
    same(await sandbox.files.list(path), [], 'what is left')
  },

  'files.remove-absent': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    same(await sandbox.files.remove(`${path}/never`), 'absent', 'result')
    same(await sandbox.files.remove(`${path}/never/below`), 'absent', 'result below a missing directory')
  },

  'files.remove-link': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    await sandbox.files.write(`${path}/target/file`, encodeText('kept'))
    await output(sandbox, `ln -s target ${path}/link`)
    same(await sandbox.files.remove(`${path}/link`), 'removed', 'result')
    same(await readFileText(sandbox, `${path}/target/file`), 'kept', 'content of the target')
  },

  'files.dot-dot': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const text = nonce()
    await sandbox.files.write(`${path}/sub/../file`, encodeText(text))
    same(await readFileText(sandbox, `${path}/file`), text, 'content through ..')
    same(await readFileText(sandbox, `${'/..'.repeat(30)}${path}/file`), text, 'content through the root')
  },

  'files.relative': async (kit) => {
    const sandbox = await kit.shared()
    const [name, text] = [nonce(), nonce()]
    await sandbox.files.write(name, encodeText(text))
    same(await output(sandbox, `cat ~/${name}`), text, 'content in the home')
    same(await readFileText(sandbox, `~/${name}`), text, 'content through ~')
  },

  'files.bad-path': async (kit) => {
    const { files } = await kit.shared()
    for (const path of ['', 'a\0b']) {
      const calls = {
        read: async () => await files.read(path),
        write: async () => await files.write(path, new Uint8Array()),
        stat: async () => await files.stat(path),
        list: async () => await files.list(path),
        makeDirectory: async () => await files.makeDirectory(path),
        'move from': async () => await files.move(path, '/tmp/x'),
        remove: async () => await files.remove(path),
      }
      for (const [name, call] of Object.entries(calls)) {
        await rejects(call, 'invalid-argument', `${name} of ${JSON.stringify(path)}`)
      }
    }
  },

  'files.sparse': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/sparse`
    // Not every file system holds a file of a tebibyte.
    await output(sandbox, `truncate -s 1T ${path} 2>/dev/null || truncate -s 1G ${path}`)
    kit.defer(async () => await sandbox.files.remove(path))
    const size = (await sandbox.files.stat(path)).sizeBytes
    ensure(size === 1024 ** 4 || size === 1024 ** 3, `size is ${size}`)
    const reader = (await sandbox.files.read(path)).getReader()
    const first = await within(5000, reader.read(), 'the first piece')
    ensure(first.value !== undefined && first.value.byteLength <= 4 * mib, 'the first piece is not a small one')
    await within(5000, reader.cancel(), 'leaving the file')
    const whole = rejects(
      async () => await readFileBytes(sandbox, path, { limitBytes: 256 * kib }),
      'too-large',
      'reading it whole',
    )
    await within(5000, whole, 'the refusal to read it whole')
  },

  'files.parallel': async (kit) => {
    const sandbox = await kit.shared()
    const path = await directory(sandbox)
    const texts = Array.from({ length: 20 }, nonce)
    await Promise.all(texts.map(async (text, index) => await sandbox.files.write(`${path}/${index}`, encodeText(text))))
    const read = await Promise.all(texts.map(async (_, index) => await readFileText(sandbox, `${path}/${index}`)))
    same(read, texts, 'contents')
  },
}

export const userChecks: Checks = {
  'users.process': async (kit) => {
    const sandbox = await kit.shared()
    same(await output(sandbox, 'id -u', { user: 'root' }), '0', 'uid of a process of root')
    ensure((await output(sandbox, 'id -u')) !== '0', 'processes run as root unless asked otherwise')
  },

  'users.files': async (kit) => {
    const sandbox = await kit.shared()
    const path = `${await directory(sandbox)}/file`
    const info = await sandbox.files.write(path, encodeText('secret'), { user: 'root', mode: 0o600 })
    same(info.owner, 'root', 'owner')
    const reading = async (): Promise<unknown> => await readAll(await sandbox.files.read(path))
    const error = await reading().catch((thrown: unknown) => thrown)
    ensure(
      isSandboxError(error) && error.code === 'permission-denied',
      'the default user can read what belongs to root',
    )
    same((await readAll(await sandbox.files.read(path, { user: 'root' }))).byteLength, 6, 'bytes that root can read')
  },
}
