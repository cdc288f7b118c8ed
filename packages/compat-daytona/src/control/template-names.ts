import type { DaytonaHost } from '../host.ts'

/** What stands for the snapshots that Daytona itself offers, the best first. */
const standIns = ['daytona', 'code-interpreter', 'base', 'host']
const theirs = /^(?:daytonaio\/sandbox|daytona-(?:small|medium|large)|daytona\/sandbox)(?::.*)?$/

/** The adapters' name for a snapshot of Daytona's, or for a template. `undefined`: nobody has it. */
export function adapterTemplate(host: DaytonaHost, name: string): string | undefined {
  const known = templateNames(host)
  if (known.has(name)) return name
  if (theirs.test(name)) return defaultTemplate(host)
  const plain = name.includes(':') ? name.slice(0, name.indexOf(':')) : name
  return known.has(plain) ? plain : undefined
}

/** Of a sandbox for which nobody named one. */
export function defaultTemplate(host: DaytonaHost): string | undefined {
  const known = templateNames(host)
  return standIns.find((name) => known.has(name)) ?? [...known][0]
}

/** What was built for a client belongs to its organization, which finds it by its own records alone. */
const ofClients = /^(?:daytona-[0-9a-f]{40}|e2b-b[0-9a-v]{26})$/

/** The templates that are there for everybody. */
export function templateNames({ adapters }: DaytonaHost): ReadonlySet<string> {
  return new Set(adapters.flatMap(({ templates }) => templates).filter((name) => !ofClients.test(name)))
}

/** Whether an adapter has what was built under that name. */
export function isBuilt({ adapters }: DaytonaHost, name: string): boolean {
  return adapters.some(({ templates }) => templates.includes(name))
}
