import { createLocalAdapter } from '@caisson/adapter-local'
import { defineConformance, pythonPrograms } from '@caisson/conformance'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNot()
const state = temporaryState()

if (reason === undefined) {
  defineConformance(
    { name: 'local', createAdapter: () => createLocalAdapter({ stateDirectory: state }), programs: pythonPrograms },
    { describe, it, beforeAll, afterAll },
  )
} else {
  it.skip(`conformance of local: ${reason}`, () => undefined)
}
