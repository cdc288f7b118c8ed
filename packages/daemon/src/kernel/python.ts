import { readMemoryLimit } from '../metrics.ts'
import { kernelDirectory } from './directory.ts'
import type { KernelPlace } from './spawn-kernel.ts'
import type { KernelKind } from './start-kernel.ts'
import { startZygote, type Zygote } from './zygote.ts'

const main = `${kernelDirectory}/python/main.py`
/** A zygote with the libraries of data work takes a hundred MiB: a sandbox with less than this keeps its memory. */
const preloadMemoryBytes = 768 * 1024 * 1024

/** Python: kernels fork from a zygote; where there is none (an old Python, a zygote that died), each starts by itself. */
export interface PythonKind extends KernelKind {
  /** Told when nothing has been running for a moment. */
  readonly onIdle: () => void
  readonly end: () => void
}

export function createPython(): PythonKind {
  let zygote: Zygote | undefined
  let owner: string | undefined
  let failures = 0
  let isPreloaded = false

  function zygoteFor(place: KernelPlace): Zygote | undefined {
    const name = `${place.user.name} ${place.env['PATH'] ?? ''}`
    if (zygote?.isAlive() === true && owner === name) return zygote
    if (failures > 2) return undefined
    failures += 1
    zygote?.end()
    zygote = startZygote(['python3', main, 'zygote'], { ...place, cwd: '/' })
    owner = name
    isPreloaded = false
    return zygote
  }

  return {
    argv: ['python3', main, 'context'],
    fork: async (place, descriptors) => {
      const forked = await zygoteFor(place)?.fork(descriptors)
      if (forked !== undefined) failures = 0
      return forked
    },
    onIdle: () => {
      if (isPreloaded || (readMemoryLimit() ?? Infinity) < preloadMemoryBytes) return
      isPreloaded = true
      zygote?.preload()
    },
    end: () => zygote?.end(),
  }
}
