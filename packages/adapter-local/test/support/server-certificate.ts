import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate for a name that vouches for itself, as PEM texts. */
export function makeServerCertificate(name: string): { readonly certificate: string; readonly key: string } {
  const directory = mkdtempSync(join(tmpdir(), 'caisson-certificate-'))
  const path = (file: string): string => join(directory, file)
  try {
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    const named = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
    const files = ['-keyout', path('key.pem'), '-out', path('certificate.pem')]
    execFileSync('openssl', [...made, ...named, ...files], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 30_000 })
    return { certificate: readFileSync(path('certificate.pem'), 'utf8'), key: readFileSync(path('key.pem'), 'utf8') }
  } finally {
    rmSync(directory, { recursive: true })
  }
}
