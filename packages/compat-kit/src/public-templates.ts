import type { GatewayAdapter } from './gateway-host.ts'

/** What was built for a client belongs to its organization, which finds it by its own records alone. */
const ofClients = /^(?:daytona-[0-9a-f]{40}|e2b-b[0-9a-v]{26})$/

/** The adapters' templates that are there for everybody. */
export function publicTemplates(adapters: readonly GatewayAdapter[]): ReadonlySet<string> {
  return new Set(adapters.flatMap(({ templates }) => templates).filter((name) => !ofClients.test(name)))
}

/** Whether an adapter has that template, built for whomever. */
export function hasTemplate(adapters: readonly GatewayAdapter[], name: string): boolean {
  return adapters.some(({ templates }) => templates.includes(name))
}
