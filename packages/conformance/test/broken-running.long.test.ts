import { brokenLimits } from './broken/limits.ts'
import { brokenProcesses } from './broken/processes.ts'
import { brokenStreams } from './broken/streams.ts'
import { testBrokenAdapters } from './broken-adapters.ts'

testBrokenAdapters([...brokenLimits, ...brokenProcesses, ...brokenStreams])
