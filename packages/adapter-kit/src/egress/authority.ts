import { createPrivateKey, type webcrypto, X509Certificate } from 'node:crypto'
import { hourMs } from '@caisson/core'
import { z } from 'zod'

/** Who vouches, to the programs of one sandbox, for the hosts in whose place the way out answers. PEM texts. The key never enters the sandbox. */
export const authoritySchema = z.strictObject({ certificate: z.string(), key: z.string() })
export type Authority = z.infer<typeof authoritySchema>

/** Certificates as PEM texts, as callers give them. */
export const certificatesSchema = z.array(z.string().refine(isCertificate, 'not a certificate as PEM text'))

function isCertificate(text: string): boolean {
  try {
    return text.includes('-----BEGIN CERTIFICATE-----') && new X509Certificate(text).raw.byteLength > 0
  } catch {
    return false
  }
}

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 24 * hourMs
/** Longer than any sandbox lives without being extended over and over. */
const authorityMs = 10 * 365 * dayMs
const leafMs = 30 * dayMs
/** Clocks differ. */
const earlierMs = dayMs
const authorityName = 'CN=Way out of one Caisson sandbox'

/** Loaded when it is first needed: it takes longer than everything else here. */
const loadX509 = async () => await import('@peculiar/x509')

/** A new one, for one sandbox. */
export async function createAuthority(): Promise<Authority> {
  const x509 = await loadX509()
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: authorityName,
    keys,
    signingAlgorithm: keyAlgorithm,
    notBefore: new Date(Date.now() - earlierMs),
    notAfter: new Date(Date.now() + authorityMs),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) }
}

/** What is shown in the place of a host. */
export interface Leaf {
  /** PEM texts. */
  readonly certificate: string
  readonly key: string
  /** From then on another one is needed. */
  readonly staleAtMs: number
}

export async function issueLeaf(authority: Authority, host: string): Promise<Leaf> {
  const x509 = await loadX509()
  const keys = await generateKeys()
  const issuer = new x509.X509Certificate(authority.certificate)
  const nowMs = Date.now()
  const certificate = await x509.X509CertificateGenerator.create({
    // Its length is limited, unlike that of the name below.
    subject: 'CN=Caisson',
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: keyAlgorithm,
    notBefore: new Date(nowMs - earlierMs),
    notAfter: new Date(nowMs + leafMs),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    certificate: certificate.toString('pem'),
    key: await exportKey(keys.privateKey),
    staleAtMs: nowMs + leafMs / 2,
  }
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key))
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString()
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' })
  return await crypto.subtle.importKey('pkcs8', new Uint8Array(der), keyAlgorithm, false, ['sign'])
}
