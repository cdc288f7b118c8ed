import { expect, test } from 'vitest'
import { formatTable } from '../../src/quickstart/table.ts'

const rows = [
  ['operation', 'why', 'time'],
  ['read a table', 'Code that an AI wrote, or that nobody vouches for, is untrusted.', '1.20 s'],
  ['write', 'short', '0.01 s'],
]

test('a narrow screen wraps the one flexible column and keeps the others in line', () => {
  expect(formatTable(rows, { flexible: 1, width: 52 })).toBe(
    [
      'operation     why                             time',
      '────────────  ──────────────────────────────  ──────',
      'read a table  Code that an AI wrote, or that  1.20 s',
      '              nobody vouches for, is',
      '              untrusted.',
      'write         short                           0.01 s',
    ].join('\n'),
  )
})

test('a wide screen needs no wrapping', () => {
  expect(formatTable(rows, { flexible: 1, width: 200 }).split('\n')).toHaveLength(4)
})
