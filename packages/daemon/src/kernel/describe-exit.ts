import { constants } from 'node:os'
import type { KernelExit } from './kernel.ts'

/** What has become of a kernel, for the person whose code ran in it. */
export function describeExit(language: string, { code }: KernelExit): string {
  return `the ${language} kernel ended (${cause(code)}) and its variables are lost; the next cell gets a fresh one`
}

function cause(code: number | undefined): string {
  if (code === undefined) return 'nobody knows why'
  if (code >= 0) return `exit code ${code}`
  const name = Object.entries(constants.signals).find(([, number]) => number === -code)?.[0] ?? `signal ${-code}`
  return name === 'SIGKILL' ? 'SIGKILL, as when memory runs out' : name
}
