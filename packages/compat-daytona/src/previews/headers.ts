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
/** A token that is good here: nothing in a sandbox may learn it. */
const ours = new Set(['x-daytona-preview-token', 'x-forwarded-host', 'x-forwarded-proto'])

/** Names and values in turn, as they came: spelling, order and repetition are kept. */
export type HeaderList = readonly string[]

/** The headers of a request as a program in the sandbox sees them. A key of an organization opened the way, and stays outside. */
export function requestHeaders({ rawHeaders, headers, socket }: IncomingMessage, hasOurKey: boolean): HeaderList {
  return [
    'X-Forwarded-Host',
    headers.host ?? '',
    'X-Forwarded-Proto',
    'encrypted' in socket ? 'https' : 'http',
    ...only(rawHeaders, (name) => !ours.has(name) && !(hasOurKey && name === 'authorization')),
  ]
}

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
