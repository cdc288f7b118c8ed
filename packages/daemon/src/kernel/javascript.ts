import { dirname } from 'node:path'
import { isExecutable } from './directory.ts'
import type { KernelKind } from './start-kernel.ts'
import type { Dialect } from './javascript/transpile.ts'

/** JavaScript and TypeScript: the daemon's own executable once more, which needs nothing of the image. */
export function createJavaScript(dialect: Dialect): KernelKind {
  return {
    argv: [process.execPath, ...sourceArguments(), 'kernel', dialect],
    // For the executable alone: the kernel takes it away again before user code sees it.
    env: { LD_LIBRARY_PATH: `${dirname(process.execPath)}/lib` },
  }
}

/** The executable holds its program; Bun from npm has to be told. */
function sourceArguments(): readonly string[] {
  return isExecutable ? [] : ['--conditions=@caisson/source', Bun.main]
}
