import { assert, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildBodySchema } from '../src/builds/build-steps.ts'
import { writeDockerfile } from '../src/builds/write-dockerfile.ts'

const options = { user: 'user', workdir: '/home/user', before: [] }

function written(steps: readonly object[]) {
  return writeDockerfile(buildBodySchema.parse({ steps }).steps, options)
}

describe('the steps of a build as a Dockerfile', () => {
  test('run as who they say, and end as the user of the template', () => {
    const { text, stepOfLine } = written([
      { type: 'RUN', args: ['echo "one"'] },
      { type: 'RUN', args: ['id', 'root'] },
      { type: 'USER', args: ['root'] },
    ])
    expect(text.split('\n')).toEqual([
      'ARG BASE',
      'FROM ${BASE}',
      'USER user',
      'WORKDIR /home/user',
      'RUN ["/bin/bash","-l","-c","echo \\"one\\""]',
      'USER root',
      'RUN ["/bin/bash","-l","-c","id"]',
      'USER user',
      'USER root',
      'USER user',
      '',
    ])
    expect([4, 5, 6, 7, 9].map(stepOfLine)).toEqual([0, 1, 2, 2, 3])
  })

  test('keep every character of a value, and no instruction comes out of one', () => {
    assert(
      property(string({ unit: 'grapheme' }), (value) => {
        const parsed = buildBodySchema.safeParse({ steps: [{ type: 'ENV', args: ['NAME', value] }] })
        if (/\p{Cc}/u.test(value)) return !parsed.success
        const line = writeDockerfile(parsed.data?.steps ?? [], options).text.split('\n')[4] ?? ''
        const [, quoted = ''] = /^ENV NAME="(.*)"$/u.exec(line) ?? []
        return quoted.replaceAll(/\\(.)/gu, '$1') === value && !/(?:^|[^\\])(?:\\\\)*[$"]/u.test(quoted)
      }),
    )
    assert(
      property(string(), (command) => {
        if (command === '') return true
        const line = written([{ type: 'RUN', args: [command] }]).text.split('\n')[4] ?? ''
        return JSON.parse(line.slice('RUN '.length)).at(-1) === command
      }),
    )
  })

  test.each([
    [{ type: 'USER', args: ['root\nRUN id'] }],
    [{ type: 'WORKDIR', args: ['/a\nRUN id'] }],
    [{ type: 'ENV', args: ['A B', 'x'] }],
    [{ type: 'ENV', args: ['A'] }],
    [{ type: 'RUN', args: ['id', 'root; id'] }],
    [{ type: 'COPY', args: ['a', 'b'], filesHash: '../../etc/passwd' }],
    [{ type: 'COPY', args: ['a', 'b', 'user', '999'], filesHash: 'abc' }],
    [{ type: 'VOLUME', args: ['/a'] }],
  ])('refuse %j', (step) => {
    expect(buildBodySchema.safeParse({ steps: [step] }).success).toBe(false)
  })
})
