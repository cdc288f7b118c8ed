import { expect, it } from 'vitest'
import { createTools } from '../src/index.ts'
import { given } from './support/given.ts'

function tools(settings = {}) {
  const { gate, runs } = given()
  const all = createTools({ gate, settings })
  const call = async (name: string, input: unknown) => {
    const found = all.find((tool) => tool.name === name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return await found.execute(input)
  }
  return { all, call, runs }
}

it('are six, each with a description for the model', () => {
  const { all } = tools()
  expect(all.map(({ name }) => name)).toEqual([
    'run_code',
    'run_command',
    'read_file',
    'write_file',
    'parse_document',
    'http_request',
  ])
  expect(all.every(({ description }) => description.length > 20)).toBe(true)
})

it('run code and commands in a sandbox', async () => {
  const { call, runs } = tools()
  expect(await call('run_code', { language: 'bash', code: 'echo out; echo err >&2; exit 3' })).toEqual({
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
    truncated: false,
  })
  expect(await call('run_command', { program: 'cat', stdin: 'from outside' })).toMatchObject({
    exitCode: 0,
    stdout: 'from outside',
  })
  expect(runs.map(({ decision }) => decision?.placement.kind)).toEqual(['sandbox', 'sandbox'])
})

it('share a working directory', async () => {
  const { call } = tools()
  expect(await call('write_file', { path: 'notes/a.txt', content: 'remember' })).toEqual({ written: 'notes/a.txt' })
  expect(await call('read_file', { path: 'notes/a.txt' })).toEqual({ content: 'remember', truncated: false })
  expect(await call('run_code', { language: 'bash', code: 'cat notes/a.txt' })).toMatchObject({ stdout: 'remember' })
  expect(await call('read_file', { path: '-absent' })).toMatchObject({ error: expect.stringContaining('-absent') })
  const others = tools()
  expect(await others.call('read_file', { path: 'notes/a.txt' })).toHaveProperty('error')
})

it('keep artifacts that are asked for', async () => {
  const { call } = tools()
  expect(await call('run_code', { language: 'bash', code: 'echo 1 > a.csv', artifacts: ['*.csv'] })).toMatchObject({
    artifacts: [{ path: 'a.csv', sizeBytes: 2 }],
  })
})

it('check what the model gives them', async () => {
  const { call, runs } = tools()
  await expect(call('run_code', { language: 'cobol', code: 'x' })).rejects.toThrow('Invalid option')
  await expect(call('http_request', { url: 'file:///etc/passwd' })).rejects.toThrow('Invalid')
  expect(runs).toEqual([])
})

it('reach nothing that the policy does not allow, and say so', async () => {
  const { call, runs } = tools({ region: 'nowhere' })
  await expect(call('http_request', { url: 'https://example.com/' })).rejects.toMatchObject({ code: 'denied' })
  await expect(
    call('parse_document', { name: 'a.pdf', base64: Buffer.from('%PDF-1.4').toString('base64') }),
  ).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining('No adapter') })
  expect(runs.map(({ status }) => status)).toEqual(['denied', 'denied'])
})

it('refuse input of another shape as an invalid operation, and say which field', async () => {
  const { call, runs } = tools()
  const refused = call('run_code', { language: 'ruby', code: 'x' })
  await expect(refused).rejects.toMatchObject({ code: 'invalid-operation', field: 'language' })
  expect(runs).toEqual([])
})
