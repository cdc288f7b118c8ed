import { isOperationError } from '@caisson/core'
import { expect, it } from 'vitest'
import { describeVariables, printableConfig, readConfig } from '../src/config.ts'

const failure = (environment: Record<string, string>) => {
  try {
    readConfig(environment)
  } catch (error) {
    if (isOperationError(error)) return error
  }
  throw new Error('it was taken')
}

it('has a default for everything, open to nobody but this machine', () => {
  expect(readConfig({})).toMatchObject({ host: '127.0.0.1', port: 7718, databaseUrl: undefined, langfuse: undefined })
  expect(readConfig({ CAISSON_POLICY: '', DATABASE_URL: '' })).toEqual(readConfig({}))
})

it.each([
  ['CAISSON_PORT', 'http'],
  ['CAISSON_PORT', '65536'],
  ['CAISSON_DATABASE_CONNECTIONS', '0'],
  ['DATABASE_URL', 'mysql://root:hunter2@db/x'],
  ['CAISSON_LOG_LEVEL', 'loud'],
  ['CAISSON_TRACE_FILE', 'yes'],
])('names the variable at fault and what it is for, and repeats no value: %s=%s', (name, value) => {
  const error = failure({ [name]: value })
  expect(error.field).toBe(name)
  expect(error.message).toContain(name)
  expect(error.remedy).toContain('leave it out for the default')
  expect(`${error.message} ${error.remedy}`).not.toContain('hunter2')
})

it('wants both keys of Langfuse or none', () => {
  expect(failure({ LANGFUSE_PUBLIC_KEY: 'pk' }).field).toBe('LANGFUSE_SECRET_KEY')
  expect(readConfig({ LANGFUSE_PUBLIC_KEY: 'pk', LANGFUSE_SECRET_KEY: 'sk' }).langfuse?.publicKey).toBe('pk')
})

it('is printed without its secrets', () => {
  const printed = printableConfig(
    readConfig({
      DATABASE_URL: 'postgres://caisson:hunter2@db:5432/caisson',
      LANGFUSE_PUBLIC_KEY: 'pk',
      LANGFUSE_SECRET_KEY: 'hunter3',
    }),
  )
  expect(printed).toContain('postgres://caisson:***@db:5432/caisson')
  expect(printed).not.toMatch(/hunter/)
})

it('says of every variable what it is for', () => {
  for (const line of describeVariables().split('\n')) expect(line).toMatch(/^ {2}[A-Z_]+ +\S.+/)
})
