import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import { type ConformanceTarget, pythonPrograms } from '@caisson/conformance'

const stateDirectory = mkdtempSync(join(tmpdir(), 'caisson-conformance-'))
process.once('exit', () => rmSync(stateDirectory, { recursive: true, force: true }))

const target: ConformanceTarget = {
  name: 'local:gvisor',
  createAdapter: () => createLocalAdapter({ tier: 'gvisor', stateDirectory }),
  programs: pythonPrograms,
}
export default target
