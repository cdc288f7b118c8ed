import { expect, test } from 'vitest'
import { chordOf } from '../src/toolbox/desktop/keys.ts'

test.each([
  ['enter', 'Return'],
  ['Escape', 'Escape'],
  ['ctrl+c', 'ctrl+c'],
  ['Ctrl + Shift + t', 'ctrl+shift+t'],
  ['cmd+win', 'super+super'],
  ['alt+F4', 'alt+F4'],
  ['ctrl+-', 'ctrl+minus'],
  ['num_5', 'KP_5'],
  ['shift', 'shift'],
  ['', undefined],
  ['ctrl+', undefined],
  ['$(touch x)', undefined],
  ['--window', undefined],
  ['constructor', undefined],
])('%j is %j', (keys, chord) => {
  expect(chordOf(keys.split('+'))).toBe(chord)
})
