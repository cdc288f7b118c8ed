import { constants } from 'node:os'
import type { KernelExit } from './kernel.ts'

/** What has become of a kernel, for the person whose code ran in it. */
export function describeExit(language: string, exit: KernelExit): string {
  return `the ${language} kernel ended (${describe(exit)}) and its variables are lost; a fresh one takes its place`
}

function describe({ code, cause }: KernelExit): string {
  if (cause === 'stubborn') return 'the cell could not be interrupted'
  if (cause === 'out-of-memory') return 'out of memory'
  if (code === undefined) return 'nobody knows why'
  if (code >= 0) return `exit code ${code}`
  return Object.entries(constants.signals).find(([, number]) => number === -code)?.[0] ?? `signal ${-code}`
}
