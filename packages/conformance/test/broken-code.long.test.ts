import { testBrokenAdapters } from './broken-adapters.ts'
import { brokenCode } from './broken/code.ts'

testBrokenAdapters(brokenCode)
