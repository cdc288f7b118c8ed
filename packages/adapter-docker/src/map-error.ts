import { isSandboxError, SandboxError, type SandboxErrorCode } from '@caisson/core'
import { z } from 'zod'

/** What a request was about, which is what the engine's "not found" means. */
export type Subject = 'engine' | 'image' | 'container' | 'volume'

interface Meaning {
  readonly code: SandboxErrorCode
  readonly message: string
  readonly remedy?: string
}

const notFound: Readonly<Record<Subject, Meaning>> = {
  engine: {
    code: 'provider',
    message: 'the engine does not know the request',
    remedy: 'use Docker 20.10 or Podman 4.3, or newer',
  },
  image: {
    code: 'template-not-found',
    message: 'the engine has no such image',
    remedy:
      'build, import or pull the image on the engine, or set `pull: "if-missing"` and credentials for its registry',
  },
  container: { code: 'sandbox-not-found', message: 'there is no such sandbox' },
  volume: { code: 'conflict', message: 'the volume is gone' },
}

/** Answers of the engine, by HTTP status. */
const statuses: Readonly<Record<number, Meaning>> = {
  400: { code: 'unsupported', message: 'the engine refuses the request' },
  401: {
    code: 'unauthenticated',
    message: 'the credentials are refused',
    remedy: 'check the credentials in `registries`',
  },
  403: { code: 'permission-denied', message: 'the engine denies the request', remedy: 'check what the account may do' },
  409: { code: 'conflict', message: 'the state of the sandbox does not allow it' },
  429: { code: 'rate-limited', message: 'too many requests' },
  503: { code: 'unavailable', message: 'the engine is not ready' },
}

const unreachable: Meaning = {
  code: 'unavailable',
  message: 'the engine cannot be reached',
  remedy: 'start the engine (`systemctl start docker`, or `podman system service --time 0`) and check its address',
}
const forbidden: Meaning = {
  code: 'permission-denied',
  message: 'this user may not open the socket of the engine',
  remedy: 'add the user to the group that owns the socket, or use a rootless engine',
}
const untrusted: Meaning = {
  code: 'unauthenticated',
  message: 'the engine and Caisson do not trust each other',
  remedy: 'check the certificates or keys on both sides',
}

/** Failures on the way to the engine, by their code in Node. */
const systemCodes: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  EPIPE: unreachable,
  ENOENT: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
  EACCES: forbidden,
  EPERM: forbidden,
  CERT_HAS_EXPIRED: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
}

/** Where OpenSSL gave up: it has a code for each of many ways in which a handshake fails. */
const tlsCode = /^ERR_(SSL|TLS)_/

/** A request without TLS to an engine that wants it is the one thing that engines call bad about a mere question. */
const wantsTls: Meaning = {
  code: 'unauthenticated',
  message: 'the engine refuses the request',
  remedy: 'set `tls` of the engine, with the certificates of both sides',
}

const unintelligible: Meaning = {
  code: 'protocol',
  message: 'the engine answers something else than it should',
  remedy: 'use Docker 20.10 or Podman 4.3, or newer',
}

/** Failures of the SSH connection, by the stage at which ssh2 gave up. */
const sshLevels: Readonly<Record<string, Meaning>> = {
  'client-authentication': untrusted,
  handshake: untrusted,
  'client-timeout': unreachable,
  'client-socket': unreachable,
  'client-dns': unreachable,
  protocol: unreachable,
}

/** Refusals of the SSH server to lead on to the engine's socket, by the number that RFC 4254 gives them. */
const sshReasons: Readonly<Record<number, Meaning>> = {
  1: {
    code: 'permission-denied',
    message: 'the SSH server does not lead on to the socket of the engine',
    remedy: 'allow it with `AllowStreamLocalForwarding yes`, and the account to open the socket',
  },
  2: unreachable,
}

/** Any failure of a request to the engine as the contract's error. What the engine said is kept as its cause, and in the message. */
export function mapError(adapter: string, subject: Subject, error: unknown): SandboxError {
  if (isSandboxError(error)) return error
  const { code, message, remedy } = meaningOf(subject, error)
  const detail = error instanceof Error ? `: ${error.message.trim()}` : ''
  return new SandboxError(code, adapter, `${message}${detail}`, { remedy, cause: error })
}

function meaningOf(subject: Subject, error: unknown): Meaning {
  if (error instanceof z.ZodError || error instanceof SyntaxError) return unintelligible
  const status = property(error, 'statusCode')
  if (status === 404) return notFound[subject]
  if (status === 400 && subject === 'engine') return wantsTls
  if (typeof status === 'number') return statuses[status] ?? { code: 'provider', message: 'the engine failed' }
  return meaningOnTheWay(error) ?? { code: 'provider', message: 'the request failed' }
}

function meaningOnTheWay(error: unknown): Meaning | undefined {
  const [code, level, reason] = ['code', 'level', 'reason'].map((name) => property(error, name))
  if (typeof level === 'string') return sshLevels[level]
  if (typeof reason === 'number') return sshReasons[reason]
  if (typeof code !== 'string') return undefined
  return systemCodes[code] ?? (tlsCode.test(code) ? untrusted : undefined)
}

export function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined
}
