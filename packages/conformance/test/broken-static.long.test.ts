import { brokenCapabilities } from './broken/capabilities.ts'
import { brokenFiles } from './broken/files.ts'
import { brokenLifecycles } from './broken/lifecycle.ts'
import { brokenVolumes } from './broken/volumes.ts'
import { testBrokenAdapters } from './broken-adapters.ts'

testBrokenAdapters([...brokenCapabilities, ...brokenFiles, ...brokenLifecycles, ...brokenVolumes])
