import { expect, expectTypeOf, it } from 'vitest'
import * as core from '../src/index.ts'
import type { ProcessOutcome, Sandbox, SandboxAdapter } from '../src/index.ts'

it('exports what is meant to be used and nothing else', () => {
  expect(Object.keys(core).toSorted()).toMatchSnapshot()
})

it('keeps the shape that adapters are written against', () => {
  expectTypeOf<SandboxAdapter['specificationVersion']>().toEqualTypeOf<'caisson-adapter-v1'>()
  expectTypeOf<ProcessOutcome['kind']>().toEqualTypeOf<
    'exited' | 'signaled' | 'timed-out' | 'cancelled' | 'output-limit' | 'out-of-memory'
  >()
  expectTypeOf<Sandbox['destroy']>().returns.toEqualTypeOf<Promise<'destroyed' | 'absent'>>()
})
