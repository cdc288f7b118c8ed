import { parseSpec, undeclaredLimits } from '@caisson/adapter-kit'
import { gib, isWideRule, type ResolvedSandboxSpec, SandboxError, type SandboxSpec } from '@caisson/core'
import type { Context } from './context.ts'

const webPorts: ReadonlySet<number> = new Set([80, 443])
const mostHosts = 10

/** The spec with its defaults. What Daytona does not hold is refused, never ignored. */
export function checkSpec(
  { name: adapter, capabilities, wholeSizes }: Pick<Context, 'name' | 'capabilities' | 'wholeSizes'>,
  input: SandboxSpec,
): ResolvedSandboxSpec {
  const spec = parseSpec(adapter, input, capabilities)
  const refuse = (field: string, message: string, remedy?: string): never => {
    throw new SandboxError('unsupported', adapter, message, { field, remedy })
  }
  const [limit] = undeclaredLimits(spec, capabilities)
  if (limit !== undefined) refuse(`resources.${limit}`, `Daytona does not hold ${limit} for one sandbox`)
  for (const [field, amount] of Object.entries(sizesOf(spec)))
    if (wholeSizes && amount !== undefined && !Number.isInteger(amount))
      refuse(`resources.${field}`, `Daytona's cloud gives whole processors and GiB, and not ${amount}`)
  if (Object.keys(spec.secrets).length > 0)
    refuse('secrets', 'this adapter fetches no secrets', 'pass the values in env')
  if (spec.onExpiry === 'pause') refuse('onExpiry', 'sandboxes of Daytona end at their time and are not paused')
  const readOnly = spec.volumes.findIndex((volume) => volume.readOnly)
  if (readOnly !== -1) refuse(`volumes.${readOnly}.readOnly`, 'volumes of Daytona can always be written')
  checkEgress(spec, refuse, capabilities.features.includes('egress-allow'))
  return spec
}

function checkEgress(
  { egress }: ResolvedSandboxSpec,
  refuse: (field: string, message: string, remedy?: string) => never,
  web: boolean,
): void {
  if (egress.mode === 'none') return
  if (!web)
    refuse('egress', 'Daytona opens hosts and not ports', "give the adapter the option egress: 'web', or leave it out")
  if (egress.rules.some(isWideRule) || egress.deny !== undefined)
    refuse('egress', 'only hosts can be opened at Daytona, each by its name')
  if (egress.rules.some(({ port }) => port === 'any' || !webPorts.has(port)))
    refuse('egress', 'only ports 80 and 443 can be opened at Daytona')
  if (egress.rules.some(({ allowPrivateAddress }) => allowPrivateAddress === true))
    refuse('egress', 'private addresses cannot be opened at Daytona')
  if (new Set(egress.rules.map(({ host }) => host)).size > mostHosts)
    refuse('egress', `Daytona takes ${mostHosts} hosts at most`)
}

/** Sizes in Daytona's units, as far as the spec gives them. */
export function sizesOf({ resources }: Pick<ResolvedSandboxSpec, 'resources'>): {
  readonly cpu?: number
  readonly memory?: number
  readonly disk?: number
} {
  const { cpus, memoryBytes, diskBytes } = resources ?? {}
  return {
    ...(cpus === undefined ? {} : { cpu: cpus }),
    ...(memoryBytes === undefined ? {} : { memory: memoryBytes / gib }),
    ...(diskBytes === undefined ? {} : { disk: diskBytes / gib }),
  }
}
