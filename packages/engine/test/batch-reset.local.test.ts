import type { Run } from '@caisson/core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { acme, createHarness, globex, sandboxesOf } from './support/harness.ts'
import { describeLocal } from './support/local.ts'

/** What an item finds: processes of its user, files that it may change, its environment, the limits of its shell. */
const look = `
import json, os, subprocess, sys
item = json.load(sys.stdin)
def processes():
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if os.stat('/proc/' + pid).st_uid == os.getuid() and int(pid) != os.getpid():
                found.append(open('/proc/' + pid + '/cmdline').read().replace(chr(0), ' '))
        except OSError:
            pass
    return found
def files():
    found = []
    for top in [os.path.expanduser('~'), '/tmp', '/var/tmp', '/dev/shm', '/run']:
        for directory, below, names in os.walk(top):
            found += [os.path.join(directory, name) for name in below + names]
    return sorted(found)
shell = subprocess.run(['bash', '-lic', 'echo $LEFT; ulimit -n'], capture_output=True, text=True).stdout
seen = {'processes': processes(), 'files': files(), 'left': os.environ.get('LEFT'), 'shell': shell}
`

const litter = `
home = os.path.expanduser('~')
subprocess.Popen(['setsid', 'sh', '-c', 'trap "" TERM HUP; while :; do sleep 1000; done'], env={'PATH': '/usr/bin'}, start_new_session=True, stdout=subprocess.DEVNULL)
subprocess.Popen(['python3', '-c', 'import os,time\\nif os.fork(): os._exit(0)\\nos.setsid()\\ntime.sleep(1000)'], stdout=subprocess.DEVNULL)
for path in [home + '/left', home + '/work/sub/left', '/tmp/left', '/tmp/a\\nb', '/dev/shm/left', home + '/.config/sub/left']:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, 'w').write('left')
os.makedirs('/tmp/locked/inner')
open('/tmp/locked/inner/file', 'w').write('left')
os.chmod('/tmp/locked/inner', 0)
os.chmod('/tmp/locked', 0)
os.symlink('/etc/passwd', '/tmp/link')
for name in ['.bash_login', '.pam_environment']:
    open(home + '/' + name, 'w').write('export LEFT=1\\nulimit -n 64\\n')
os.environ['LEFT'] = '1'
`

const batch = (code: string, items: (string | number)[], concurrency = 1) => ({
  kind: 'batch.run' as const,
  input: { task: { language: 'python' as const, code }, items, concurrency, retry: { attempts: 1 } },
})

const seenSchema = z.object({
  processes: z.array(z.string()),
  files: z.array(z.string()),
  left: z.string().nullable(),
  shell: z.string(),
})

function resultsOf<Result>(run: Run, schema: z.ZodType<Result>): readonly Result[] {
  const value = z
    .object({ items: z.array(z.object({ result: z.unknown(), stderr: z.string().optional() })) })
    .parse(run.value)
  expect(value.items.map(({ stderr }) => stderr)).toEqual(value.items.map(() => undefined))
  return value.items.map(({ result }) => schema.parse(result))
}

await describeLocal('a sandbox between two items of a batch', (adapter) => {
  it('is reset: processes, files and environment of one are not there for the next', async () => {
    const { engine } = createHarness({ adapters: [adapter()] })
    const run = await engine.run(batch(`${look}${litter}print(json.dumps(seen))`, ['one', 'two', 'three']), acme)
    const [first, second, third] = resultsOf(run, seenSchema)
    expect(first?.files).not.toEqual([])
    expect(second).toEqual(first)
    expect(third).toEqual(first)
    // It was the same sandbox each time.
    expect(run.attempts).toHaveLength(1)
    expect(await sandboxesOf(adapter())).toEqual([])
  })

  it('shows without the reset what the test above would miss', async () => {
    const { engine } = createHarness({ adapters: [adapter()] })
    const twice = `${look}${litter}first = seen\n${look.split('item = json.load(sys.stdin)').join('')}print(json.dumps([first, seen]))`
    const run = await engine.run(batch(twice, ['one']), acme)
    const [seen] = resultsOf(run, z.tuple([seenSchema, seenSchema]))
    const [before, after] = seen ?? expect.fail('no result')
    expect(after.processes.length).toBeGreaterThan(before.processes.length)
    expect(after.files.length).toBeGreaterThan(before.files.length)
    expect(after.shell).not.toBe(before.shell)
  })

  it('is replaced when what it was made with was changed', async () => {
    const { engine } = createHarness({ adapters: [adapter()] })
    const code = 'import os; os.chmod(os.path.expanduser("~"), 0o711)'
    const run = await engine.run(batch(code, [1, 2]), acme)
    expect(run.status).toBe('succeeded')
    expect(run.attempts).toHaveLength(2)
  })

  it('is never one of another organization or of another trust', async () => {
    const { engine } = createHarness({ adapters: [adapter()] })
    const operation = batch('import sys; print(sys.stdin.read())', [1, 2, 3, 4], 2)
    const runs = await Promise.all([
      engine.run(operation, acme),
      engine.run(operation, globex),
      engine.run({ ...operation, trust: 'trusted' }, acme),
    ])
    expect(runs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded'])
    const sandboxes = runs.map(({ attempts }) => attempts.map(({ sandbox }) => sandbox))
    expect(sandboxes.map(({ length }) => length)).toEqual([2, 2, 2])
    expect(new Set(sandboxes.flat()).size).toBe(6)
  })
})
