import { publicTemplates } from '@caisson/compat-kit'
import type { DaytonaHost } from '../host.ts'

/** What stands for the snapshots that Daytona itself offers, the best first. */
const standIns = ['daytona', 'code-interpreter', 'base', 'host']
const theirs = /^(?:daytonaio\/sandbox|daytona-(?:small|medium|large)|daytona\/sandbox)(?::.*)?$/

/** The adapters' name for a snapshot of Daytona's, or for a template. `undefined`: nobody has it. */
export function adapterTemplate(host: DaytonaHost, name: string): string | undefined {
  const known = publicTemplates(host.adapters)
  if (known.has(name)) return name
  if (theirs.test(name)) return defaultTemplate(host)
  const plain = name.includes(':') ? name.slice(0, name.indexOf(':')) : name
  return known.has(plain) ? plain : undefined
}

/** Of a sandbox for which nobody named one. */
export function defaultTemplate(host: DaytonaHost): string | undefined {
  const known = publicTemplates(host.adapters)
  return standIns.find((name) => known.has(name)) ?? [...known][0]
}
