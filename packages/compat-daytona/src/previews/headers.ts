import type { IncomingMessage } from 'node:http'
import { endToEndHeaders, type HeaderList } from '@caisson/compat-kit'

/** A token that is good here: nothing in a sandbox may learn it. */
const ours = new Set(['x-daytona-preview-token', 'x-forwarded-host', 'x-forwarded-proto'])

/** The headers of a request as a program in the sandbox sees them. A key of an organization opened the way, and stays outside. */
export function requestHeaders({ rawHeaders, headers, socket }: IncomingMessage, hasOurKey: boolean): HeaderList {
  return [
    'X-Forwarded-Host',
    headers.host ?? '',
    'X-Forwarded-Proto',
    'encrypted' in socket ? 'https' : 'http',
    ...endToEndHeaders(rawHeaders, (name) => !ours.has(name) && !(hasOurKey && name === 'authorization')),
  ]
}
