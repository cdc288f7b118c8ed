import type { IncomingMessage } from 'node:http'
import { endToEndHeaders, type HeaderList } from '@caisson/compat-kit'

/** Keys that are good here: nothing in a sandbox may learn them. What says where a request goes is said anew. */
const ours = new Set([
  'x-api-key',
  'x-access-token',
  'e2b-traffic-access-token',
  'e2b-sandbox-id',
  'e2b-sandbox-port',
  'host',
])

/** The headers of a request as they go on into the sandbox, with those that are `set` in front. */
export function requestHeaders({ rawHeaders }: IncomingMessage, set: Readonly<Record<string, string>>): HeaderList {
  const names = new Set(Object.keys(set).map((name) => name.toLowerCase()))
  return [...Object.entries(set).flat(), ...endToEndHeaders(rawHeaders, (name) => !names.has(name) && !ours.has(name))]
}
