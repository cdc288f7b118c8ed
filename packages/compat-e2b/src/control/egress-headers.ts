import { type EgressHeaders, egressHeadersSchema, type OrganizationId } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { HeaderRules } from '../sandboxes/header-rules.ts'
import { secretValues } from './secret-record.ts'

/** What the clients' `Secret.fill` writes into a header, and what stands for a workload's token. */
const secretReference = /\$\{e2b\.secrets\.([^{}]+)\}/g
const identityReference = /\$\{e2b\.identity\./

/** Whether rules need a secret. */
export function refersTo(rules: HeaderRules | undefined, name: string): boolean {
  return referencesIn(rules).includes(name)
}

export interface HeadersFor {
  readonly organization: OrganizationId
  /** Lets a secret that is gone, or that fits into no header, stand for nothing: for a sandbox that runs. Else it is refused. */
  readonly lenient?: boolean | undefined
}

/** E2B's rules as those of a policy, with the values of secrets in the place of their names. No error tells a value. */
export async function egressHeadersFor(
  services: Pick<Services, 'host' | 'tokens'>,
  rules: HeaderRules | undefined,
  { organization, lenient = false }: HeadersFor,
): Promise<readonly EgressHeaders[]> {
  const needsSecrets = referencesIn(rules).length > 0
  const secrets = needsSecrets ? await secretValues(services, organization) : new Map<string, string>()
  return Object.entries(rules ?? {}).flatMap(([host, list]) => {
    // Of several rules the later ones win, however they spell the name.
    const written = new Map(
      list
        .flatMap(({ transform }) => Object.entries(transform?.headers ?? {}))
        .map(([name, text]) => [name.toLowerCase(), { name, text }]),
    )
    if (written.size === 0) return []
    const set = Object.fromEntries(
      [...written.values()].map(({ name, text }) => {
        if (identityReference.test(text)) throw refusal(host, 'workload identity tokens are not offered here')
        return [name, fill(text, { host, secrets, lenient })]
      }),
    )
    const parsed = egressHeadersSchema.safeParse({ host, set })
    if (parsed.success) return [parsed.data]
    const [issue] = parsed.error.issues
    const header = issue?.path[0] === 'set' && issue.path.length > 1 ? `header '${String(issue.path[1])}': ` : ''
    throw refusal(host, `${header}${issue?.message ?? 'not valid'}`)
  })
}

interface Filling {
  readonly host: string
  readonly secrets: ReadonlyMap<string, string>
  readonly lenient: boolean
}

function fill(text: string, { host, secrets, lenient }: Filling): string {
  return text.replaceAll(secretReference, (_, name: string) => {
    const value = secrets.get(name.toLowerCase())
    if (lenient) return value !== undefined && fitsIntoHeader(value) ? value : ''
    if (value === undefined) throw refusal(host, `there is no secret '${name}'`)
    return value
  })
}

function fitsIntoHeader(value: string): boolean {
  return egressHeadersSchema.safeParse({ host: 'localhost', set: { 'x-any': value } }).success
}

function referencesIn(rules: HeaderRules | undefined): readonly string[] {
  return Object.values(rules ?? {})
    .flat()
    .flatMap(({ transform }) => Object.values(transform?.headers ?? {}))
    .flatMap((text) => [...text.matchAll(secretReference)].map(([, name = '']) => name.toLowerCase()))
}

function refusal(host: string, why: string): E2bError {
  return new E2bError(400, `network.rules: '${host}': ${why}`)
}
