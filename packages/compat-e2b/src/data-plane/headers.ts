import type { IncomingMessage } from 'node:http'

/** They belong to one connection and not to what it carries. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** Keys that are good here: nothing in a sandbox may learn them. What says where a request goes is said anew. */
const ours = new Set([
  'x-api-key',
  'x-access-token',
  'e2b-traffic-access-token',
  'e2b-sandbox-id',
  'e2b-sandbox-port',
  'host',
])

/** Names and values in turn, as they came: spelling, order and repetition are kept. */
export type HeaderList = readonly string[]

/** The headers of a request as they go on into the sandbox, with those that are `set` in front. */
export function requestHeaders({ rawHeaders }: IncomingMessage, set: Readonly<Record<string, string>>): HeaderList {
  const names = new Set(Object.keys(set).map((name) => name.toLowerCase()))
  return [...Object.entries(set).flat(), ...only(rawHeaders, (name) => !names.has(name) && !ours.has(name))]
}

/** The headers of an answer as they go out to the client. */
export function responseHeaders({ rawHeaders }: IncomingMessage): HeaderList {
  return only(rawHeaders, () => true)
}

function only(headers: HeaderList, wanted: (name: string) => boolean): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = headers.slice(at, at + 2)
    const lower = name.toLowerCase()
    if (!hopByHop.has(lower) && wanted(lower)) kept.push(name, value)
  }
  return kept
}
