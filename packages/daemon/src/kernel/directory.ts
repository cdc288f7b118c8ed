import { dirname } from 'node:path'

/** Whether this is the executable, which holds its program, and not Bun with our sources. The compiler writes down where modules lay, so that they cannot tell. */
export const isExecutable: boolean = Bun.main.startsWith('/$bunfs/')

/** Where the sources of the kernels lie: beside the executable, or beside our sources. */
export const kernelDirectory: string = isExecutable
  ? `${dirname(process.execPath)}/kernels`
  : `${dirname(dirname(Bun.main))}/kernels`
