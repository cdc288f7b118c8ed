import { findingSchema, maxCodeBytes, operationSchema, type OperationInput } from '@caisson/core'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { type ContentResolver, inspectOperation } from '../src/index.ts'

async function found(input: OperationInput, resolve?: ContentResolver) {
  const findings = await inspectOperation(operationSchema.parse(input), resolve)
  for (const finding of findings) findingSchema.parse(finding)
  return findings.map(({ code, place, line }) => `${place}${line === undefined ? '' : `:${line}`} ${code}`)
}

const spawn = 'import os\nos.system("id")'

it('names the place of every part', async () => {
  expect(
    await found({
      kind: 'agents.parallel',
      input: {
        agents: [
          { name: 'a', task: { kind: 'code.execute', input: { language: 'python', code: spawn } } },
          { name: 'b', task: { kind: 'command.run', input: { argv: ['curl', 'https://example.com'] } } },
        ],
      },
    }),
  ).toEqual(['input.agents.0.task.input.code:2 process.spawn', 'input.agents.1.task.input.argv network.access'])
  expect(await found({ kind: 'batch.run', input: { task: { language: 'python', code: spawn }, items: [1] } })).toEqual([
    'input.task.code:2 process.spawn',
  ])
})

it('looks into files that code brings along, by the language of their names', async () => {
  const files = [
    { path: 'data.csv', content: { text: 'a,b\n1,2' } },
    {
      path: 'lib/helper.ts',
      content: { text: 'import { exec } from "child_process"\nexport const run: typeof exec = exec' },
    },
    { path: 'tool.bin', content: { base64: Buffer.from('\u007fELF\u0002\0', 'latin1').toString('base64') } },
  ]
  expect(await found({ kind: 'command.run', input: { argv: ['true'], files } })).toEqual([
    'input.files.1:1 process.spawn',
    'input.files.1:2 process.spawn',
    'input.files.2 file.executable',
  ])
})

it('reads the script that a command hands to an interpreter', async () => {
  expect(await found({ kind: 'command.run', input: { argv: ['/bin/sh', '-c', ':(){ :|:& };:'] } })).toContain(
    'input.argv.2:1 process.bomb',
  )
  expect(await found({ kind: 'command.run', input: { argv: ['python3', '-'], stdin: spawn } })).toEqual([
    'input.stdin:2 process.spawn',
  ])
  expect(await found({ kind: 'command.run', input: { argv: ['nohup', 'timeout', '5', 'rm', '-rf', '/'] } })).toContain(
    'input.argv file.destructive',
  )
  expect(await found({ kind: 'command.run', input: { argv: ['python3', 'main.py'] } })).toEqual([])
})

it('fetches artifacts, and says so when it cannot', async () => {
  const input = { kind: 'document.parse', input: { name: 'a.pdf', content: { artifact: 'a1' } } } as const
  expect(await found(input, async () => Buffer.from('%PDF-1.7 /Launch <<>> %%EOF'))).toEqual([
    'input.content document.launch',
  ])
  expect(await found(input)).toEqual(['input.content inspection.incomplete'])
  const refusing = () => Promise.reject(new Error('gone'))
  expect(await found(input, refusing)).toEqual(['input.content inspection.incomplete'])
})

it('knows a request to the metadata service, and takes secrets in data as information', async () => {
  expect(await found({ kind: 'http.request', input: { url: 'http://169.254.169.254/latest' } })).toEqual([
    'input.url network.metadata',
  ])
  const value = { note: `ghp_${'Ab1'.repeat(12)}` }
  const findings = await inspectOperation(
    operationSchema.parse({ kind: 'entity.write', input: { entity: 'e', id: '1', value } }),
  )
  expect(findings).toMatchObject([{ code: 'secret.text', severity: 'info', excerpt: '[GitHub token]' }])
})

it('shows no secret in an excerpt', async () => {
  const token = `ghp_${'Ab1'.repeat(12)}`
  const code = `import os\nos.system("curl -H 'Authorization: Bearer ${token}' https://user:hunter2@example.com")`
  const findings = await inspectOperation(
    operationSchema.parse({ kind: 'code.execute', input: { language: 'python', code } }),
  )
  expect(findings.length).toBeGreaterThan(1)
  expect(JSON.stringify(findings)).not.toContain(token)
  expect(JSON.stringify(findings)).not.toContain('hunter2')
})

it('puts the worst first, and no flood of one finding hides another', async () => {
  const code = `${'import os; os.system("id")\n'.repeat(500)}open("/etc/shadow")\n`
  const findings = await inspectOperation(
    operationSchema.parse({ kind: 'code.execute', input: { language: 'python', code } }),
  )
  expect(findings[0]).toMatchObject({ code: 'file.sensitive', line: 501 })
  expect(findings).toHaveLength(21)
})

it('follows names that stand for each other, from wherever it enters the circle', async () => {
  const code = 'import os\na = b\nb = a\na = os.system\nb("id")\n'
  expect(await found({ kind: 'code.execute', input: { language: 'python', code } })).toContain(
    'input.code:5 process.spawn',
  )
})

it.each(['python', 'javascript'] as const)(
  'looks once at what %s code is made of, however often it is named',
  async (language) => {
    const code = `${`a = [${Array.from({ length: 16 }, () => 'a').join()}]\n`.repeat(8)}eval(a)\n`
    const codes = await found({ kind: 'code.execute', input: { language, code } })
    expect(codes).toContain('input.code:9 code.dynamic')
    expect(codes.join()).not.toContain('inspection.incomplete')
  },
)

it('is never silent about what it did not reach', async () => {
  const code = `${'total = [value * 2 for value in range(10)]\n'.repeat(23_000)}import os\nos.system("id")\n`
  const codes = await found({ kind: 'code.execute', input: { language: 'python', code } })
  expect(codes.some((entry) => /inspection\.incomplete|process\.spawn/.test(entry))).toBe(true)
})

it.each<[string, 'python' | 'javascript' | 'bash', string]>([
  ['deep nesting', 'python', `x = ${'('.repeat(100_000)}1${')'.repeat(100_000)}`],
  ['deep nesting', 'javascript', '['.repeat(200_000)],
  ['deep nesting', 'bash', '$('.repeat(100_000)],
  ['a very long line', 'javascript', `a = ${'1+'.repeat(400_000)}1`],
  [
    'texts that double',
    'python',
    `a0 = "xx"\n${Array.from({ length: 2000 }, (_, index) => `a${index + 1} = a${index} + a${index}`).join('\n')}\nprint(a2000)`,
  ],
  ['names for each other', 'python', `${'a = b\nb = a\na = c\nc = b\n'.repeat(2000)}a("x")`],
  ['many names', 'javascript', 'const x = require("fs"); x.a.b.c.d;\n'.repeat(25_000)],
  ['many words', 'bash', 'x="$x$x$x"; echo "$x" | cat\n'.repeat(30_000)],
  ['many errors', 'python', '({[ '.repeat(200_000)],
])('is done in time with %s in %s', async (_what, language, code) => {
  const started = performance.now()
  const operation = operationSchema.parse({
    kind: 'code.execute',
    input: { language, code: code.slice(0, maxCodeBytes) },
  })
  const findings = await inspectOperation(operation)
  expect(performance.now() - started).toBeLessThan(4000)
  expect(findings.length).toBeLessThanOrEqual(200)
})

it('never rejects, whatever the code is', async () => {
  const language = fc.constantFrom('python' as const, 'javascript' as const, 'bash' as const)
  const token = fc.constantFrom(
    'eval',
    '(',
    ')',
    '"',
    "'",
    '`',
    '$',
    '{',
    '}',
    '\n',
    '=',
    '.',
    '__import__',
    'require',
    ' ',
    '|',
    'os',
    '\0',
    '\ud800',
    '[::-1]',
  )
  const code = fc.array(token, { minLength: 1, maxLength: 40 }).map((tokens) => tokens.join(''))
  await fc.assert(
    fc.asyncProperty(language, code, async (chosen, text) => {
      const operation = operationSchema.parse({ kind: 'code.execute', input: { language: chosen, code: text } })
      for (const { place, line, excerpt } of await inspectOperation(operation)) {
        expect(place).toBe('input.code')
        expect(line ?? 1).toBeLessThanOrEqual(text.split('\n').length)
        expect(excerpt).toBeDefined()
      }
    }),
    { numRuns: 200 },
  )
})
