import { concatBytes, decodeText, type Process } from '@caisson/core'

/** A process that runs and prints nothing for so long has printed all that there is now. */
const patienceMs = 300

/** What a process has printed until now. Ends the reading of its output. */
export async function printedSoFar({ output }: Process): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const printed: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] }
  const reader = output.getReader()
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), after(patienceMs)])
      if (next?.value === undefined) break
      printed[next.value.stream === 'stderr' ? 'stderr' : 'stdout'].push(next.value.bytes)
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
  return { stdout: decodeText(concatBytes(printed.stdout)), stderr: decodeText(concatBytes(printed.stderr)) }
}

async function after(ms: number): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref())
  return undefined
}
