import { SandboxError } from '@caisson/core'
import { changeFiles, changeProcesses } from '../broken/wrap.ts'
import { memoryTarget } from '../memory-target.ts'

const files = changeFiles(({ write }) => ({
  write: async (path, data, options) => ({ ...(await write(path, data, options)), sizeBytes: 1 }),
}))
const processes = changeProcesses(() => ({
  spawn: async () => await Promise.reject(new SandboxError('unavailable', 'other', 'always')),
}))

export default {
  ...memoryTarget((adapter) => files(processes(adapter)), { without: ['watch'] }),
  restrictions: [{ id: 'errors.typed', reason: 'for the test' }],
}
