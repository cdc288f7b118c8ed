import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Another process that creates sandboxes, one line of output each, until it is killed. */
export interface Creator {
  readonly nextLine: () => Promise<string>
  readonly kill: () => Promise<void>
}

/** `volume` names one that its first sandbox mounts at /data and writes its own id into. */
export function startCreator(state: string, ttlMs: number, volume?: string): Creator {
  const program = fileURLToPath(new URL('./creator.ts', import.meta.url))
  const options = [state, String(ttlMs), ...(volume === undefined ? [] : [volume])]
  const child = spawn(process.execPath, ['--conditions=@caisson/source', program, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    nextLine: async () => {
      const line = await lines.next()
      if (line.done === true) throw new Error('the creator ended')
      return line.value
    },
    kill: async () => {
      const over = once(child, 'exit')
      child.kill('SIGKILL')
      await over
    },
  }
}
