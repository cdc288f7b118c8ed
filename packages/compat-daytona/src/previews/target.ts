import type { IncomingMessage } from 'node:http'
import type { Services } from '../gateway-options.ts'

/** A port of a sandbox, by the id of the sandbox or by the token of a signed address. */
export interface PreviewTarget {
  readonly name: string
  readonly port: number
}

const name = String.raw`(\d{1,5})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|p-[a-z0-9]{26})`
const hostOfPreview = new RegExp(String.raw`^${name}\.`, 'i')
const pathOfPreview = new RegExp(String.raw`^/preview/${name}(?=/|\?|$)`)

/** The address under which a port is served. */
export function previewUrl({ domain }: Services, base: string, { name, port }: PreviewTarget): string {
  if (domain === undefined) return `${base}/preview/${port}-${name}`
  return `${new URL(base).protocol}//${port}-${name}.${domain}`
}

/** What a request is for by its host name. */
export function previewOfHost({ headers }: IncomingMessage): PreviewTarget | undefined {
  return toTarget(hostOfPreview.exec(headers.host ?? ''))
}

/** What a request is for by its path, and the path that the program in the sandbox is to see. */
export function previewOfPath(url: string): { readonly target: PreviewTarget; readonly path: string } | undefined {
  const match = pathOfPreview.exec(url)
  const target = toTarget(match)
  if (match === null || target === undefined) return undefined
  const rest = url.slice(match[0].length)
  return { target, path: rest.startsWith('/') ? rest : `/${rest}` }
}

function toTarget(match: RegExpExecArray | null): PreviewTarget | undefined {
  const [, port, found] = match ?? []
  return port === undefined || found === undefined ? undefined : { port: Number(port), name: found.toLowerCase() }
}
