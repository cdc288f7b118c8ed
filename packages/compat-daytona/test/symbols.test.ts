import { expect, test } from 'vitest'
import { symbolsOf } from '../src/toolbox/lsp/symbols.ts'

const range = { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } }

test('symbols of both shapes become one list, and what is neither is left out', () => {
  const flat = { name: 'a', kind: 5, location: { uri: 'file:///x', range }, containerName: 'm' }
  const nested = {
    name: 'b',
    kind: 5,
    range,
    selectionRange: range,
    children: [{ name: 'c', kind: 6, range, children: [] }],
  }
  const found = symbolsOf([flat, nested, { name: 7 }, 'no'], 'file:///y')
  expect(found.map(({ name, location }) => [name, location.uri])).toEqual([
    ['a', 'file:///x'],
    ['b', 'file:///y'],
    ['c', 'file:///y'],
  ])
  expect(symbolsOf({ hostile: true }, 'file:///y')).toEqual([])
})
