import { dirname } from 'node:path'

/** Where the sources of the kernels lie: beside the executable, or beside the sources. */
export const kernelDirectory: string = import.meta.dir.startsWith('/$bunfs')
  ? `${dirname(process.execPath)}/kernels`
  : `${dirname(dirname(import.meta.dir))}/kernels`
