import { createLocalAdapter } from '@caisson/adapter-local'
import { defineConformance, pythonPrograms } from '@caisson/conformance'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { whyNoGvisor } from './support/gvisor.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNoGvisor()
const state = temporaryState()

if (reason === undefined) {
  const createAdapter = () => createLocalAdapter({ tier: 'gvisor', stateDirectory: state })
  defineConformance(
    { name: 'local:gvisor', createAdapter, programs: pythonPrograms },
    { describe, it, beforeAll, afterAll },
  )
} else {
  it.skip(`conformance of local:gvisor: ${reason}`, () => undefined)
}
