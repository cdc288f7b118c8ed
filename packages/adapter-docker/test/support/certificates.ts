import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsOptions } from '@caisson/adapter-docker'

/** Makes an authority of that name with a certificate for a server on the loopback and one for a client. `names` are those of the server. Files `NAME-ca.pem`, `NAME-server.pem` … */
export function makeCertificates(directory: string, name: string, names = 'IP:127.0.0.1'): TlsOptions {
  const path = (file: string): string => join(directory, `${name}-${file}`)
  const openssl = (...words: string[]): void =>
    void execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    path('ca-key.pem'),
    '-out',
    path('ca.pem'),
    '-subj',
    `/CN=${name}`,
    '-days',
    '2',
  )
  for (const [part, extensions] of [
    ['server', `subjectAltName=${names}\nextendedKeyUsage=serverAuth`],
    ['client', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    writeFileSync(path('extensions'), extensions)
    openssl('req', ...key, '-keyout', path(`${part}-key.pem`), '-out', path('request.pem'), '-subj', `/CN=${part}`)
    const authority = ['-CA', path('ca.pem'), '-CAkey', path('ca-key.pem'), '-CAcreateserial']
    const files = ['-in', path('request.pem'), '-out', path(`${part}.pem`), '-extfile', path('extensions')]
    openssl('x509', '-req', '-days', '2', ...authority, ...files)
  }
  const read = (file: string): string => readFileSync(path(file), 'utf8')
  return { ca: read('ca.pem'), cert: read('client.pem'), key: read('client-key.pem') }
}
