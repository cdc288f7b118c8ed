import { readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs'
import { ConnectError } from '@caisson/wire-e2b'

/** Where distributions keep the certificates of all authorities that they trust. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** Theirs and ours, for programs that are told by a variable. */
const ownBundle = '/run/caisson-certificates.pem'

const pem = /^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]{1,8192}-----END CERTIFICATE-----\n?$/
const beginning = '# The way out of this sandbox: begin\n'
const end = '# The way out of this sandbox: end\n'

/** By which programs are told what to trust in place of the system's own. */
const variables = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'PIP_CERT',
  'AWS_CA_BUNDLE',
  'CARGO_HTTP_CAINFO',
  'DENO_CERT',
]

/**
 * Has programs that are started from now on trust one more authority, in the place of one that was told before, and gives back the variables that they need
 * for it. Where the system's own bundle can be changed it is, too, for programs that look nowhere else.
 */
export async function trustAuthority(certificate: string): Promise<Readonly<Record<string, string>>> {
  if (!pem.test(certificate)) throw new ConnectError('invalid_argument', 'authority must be a certificate as PEM text')
  const { path, text } = findSystemBundle() ?? { text: await commonAuthorities() }
  const bundle = `${without(text)}${beginning}${certificate.trimEnd()}\n${end}`
  if (path !== undefined) {
    try {
      replace(path, bundle)
    } catch {
      // Not ours to change here: the variables have to do.
    }
  }
  replace(ownBundle, bundle)
  return Object.fromEntries(variables.map((name) => [name, ownBundle]))
}

function findSystemBundle(): { readonly path?: string; readonly text: string } | undefined {
  for (const name of systemBundles) {
    try {
      const path = realpathSync(name)
      return { path, text: readFileSync(path, 'utf8') }
    } catch {
      // Another distribution has it elsewhere.
    }
  }
  return undefined
}

/** For a system that has none: the variables take the place of lists that programs may have brought along. */
async function commonAuthorities(): Promise<string> {
  const { rootCertificates } = await import('node:tls')
  return rootCertificates.map((text) => `${text.trimEnd()}\n`).join('')
}

function without(text: string): string {
  const from = text.indexOf(beginning)
  const to = text.indexOf(end)
  if (from === -1 || to < from) return text === '' || text.endsWith('\n') ? text : `${text}\n`
  return text.slice(0, from) + text.slice(to + end.length)
}

/** In one step, so that nobody reads half of it. */
function replace(path: string, text: string): void {
  const fresh = `${path}.${crypto.randomUUID()}`
  writeFileSync(fresh, text, { flag: 'wx', mode: 0o644 })
  renameSync(fresh, path)
}
