import { mib, type ProcessOutcome } from '@caisson/core'
import { z } from 'zod'
import { expectSandboxed, type Step, unless } from '../step.ts'

const steal = `
import json, os, socket

def attempt(action):
    try:
        action()
        return 'allowed'
    except OSError as error:
        return type(error).__name__

def connect():
    socket.create_connection(('192.0.2.1', 80), 2)

print(json.dumps({
    'read /etc/shadow': attempt(lambda: open('/etc/shadow').read()),
    'read the memory of process 1': attempt(lambda: open('/proc/1/mem', 'rb').read(1)),
    'make a control group': attempt(lambda: os.mkdir('/sys/fs/cgroup/memory/mine')),
    'write to /usr': attempt(lambda: open('/usr/bin/mine', 'w')),
    'become root': attempt(lambda: os.setuid(0)),
    'reach the network': attempt(connect),
}))
`

const forks = `
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
`

const allocates = `
hoard = []
while True:
    hoard.append(bytearray(16 * 1024 * 1024))
`

const endless = `
while True:
    pass
`

const valueSchema = z.object({ stdout: z.string() })

/** Code as an AI might write it on a bad day. */
export function misbehave(): readonly Step[] {
  return [
    {
      title: 'code that reads /etc/shadow',
      operation: python(steal, {}),
      problems: (seen) => {
        const problems = expectSandboxed(seen, 'succeeded')
        if (problems.length > 0) return problems
        const attempts = z.record(z.string(), z.string()).parse(JSON.parse(valueSchema.parse(seen.run.value).stdout))
        return Object.entries(attempts).flatMap(([what, became]) =>
          unless(became !== 'allowed', `it was able to ${what}`),
        )
      },
    },
    ends('code that forks without end', 'timed-out', python(forks, { timeoutMs: 1000, resources: { pids: 64 } })),
    ends(
      'code that allocates without end',
      'out-of-memory',
      python(allocates, { timeoutMs: 20_000, resources: { memoryBytes: 128 * mib } }),
    ),
    ends('code that never ends', 'timed-out', python(endless, { timeoutMs: 1000 })),
  ]
}

function python(code: string, limits: Pick<Step['operation'], 'timeoutMs' | 'resources'>): Step['operation'] {
  return { kind: 'code.execute', input: { language: 'python', code }, ...limits }
}

function ends(title: string, outcome: ProcessOutcome['kind'], operation: Step['operation']): Step {
  return {
    title,
    operation,
    problems: (seen) => [
      ...expectSandboxed(seen, 'failed'),
      ...unless(
        seen.run.outcome?.kind === outcome,
        `its outcome was ${seen.run.outcome?.kind ?? 'none'} and not ${outcome}`,
      ),
      ...unless(seen.elapsedMs < 60_000, `it took ${seen.elapsedMs} ms`),
    ],
  }
}
