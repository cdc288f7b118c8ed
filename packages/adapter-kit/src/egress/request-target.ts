/** Where a request wants to go. */
export interface Target {
  /** Lower-case name, or address without brackets. */
  readonly host: string
  readonly port: number
}

const labels = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** The target of a CONNECT request: `name:port`. Undefined for anything that could be read in two ways. */
export function parseAuthority(authority: string): Target | undefined {
  const [, host, digits] = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):([1-9][0-9]{0,4})$/.exec(authority) ?? []
  const port = Number(digits)
  const canonical = host === undefined ? undefined : canonicalHost(host)
  return canonical === undefined || port > 65_535 ? undefined : { host: canonical, port }
}

/** The target and path of a request with an absolute address. Only plain HTTP: the rest goes through CONNECT. */
export function parseAbsoluteUrl(url: string): (Target & { readonly path: string }) | undefined {
  const [, authority, path = ''] = /^http:\/\/([^/?#]+)([/?][!-~]*)?$/i.exec(url) ?? []
  if (authority === undefined || path.includes('#')) return undefined
  const target = parseAuthority(/:\d+$/.test(authority) ? authority : `${authority}:80`)
  return target === undefined ? undefined : { ...target, path: path.startsWith('/') ? path : `/${path}` }
}

/** Whether a Host header names the same target. A port that is left out is the one of plain HTTP, or of TLS in a CONNECT request. */
export function namesTarget(header: string, target: Target, impliedPorts: readonly number[]): boolean {
  if (/:\d+$/.test(header)) {
    const named = parseAuthority(header)
    return named?.host === target.host && named.port === target.port
  }
  return canonicalHost(header) === target.host && impliedPorts.includes(target.port)
}

/**
 * A name or address as it is compared and resolved. Names that a resolver could take for a number (`127.1`, `0x7f000001`, `2130706433`), names with
 * a trailing dot and anything but plain letters are refused instead of being understood.
 */
export function canonicalHost(text: string): string | undefined {
  const host = text.toLowerCase()
  if (!URL.canParse(`http://${host}/`)) return undefined
  const understood = new URL(`http://${host}/`).hostname
  if (host.startsWith('[')) return understood.startsWith('[') ? understood.slice(1, -1) : undefined
  return understood === host && host.length <= 253 && labels.test(host) ? host : undefined
}
