import { createSecureContext, type SecureContext } from 'node:tls'
import { type Authority, issueLeaf } from './authority.ts'

/** What the way out shows in the place of hosts, made when it is needed. */
export type Leaves = (host: string) => Promise<SecureContext>

/** A program that asks for ever new names below a `*.` must not fill the memory. */
const mostKept = 64

export function createLeaves(authority: Authority): Leaves {
  const kept = new Map<string, { readonly staleAtMs: number; readonly context: SecureContext }>()
  return async (host) => {
    const found = kept.get(host)
    if (found !== undefined && Date.now() < found.staleAtMs) return found.context
    const { certificate, key, staleAtMs } = await issueLeaf(authority, host)
    const context = createSecureContext({ cert: certificate, key })
    kept.delete(host)
    kept.set(host, { staleAtMs, context })
    const [oldest] = kept.keys()
    if (oldest !== undefined && kept.size > mostKept) kept.delete(oldest)
    return context
  }
}
