import type { IncomingMessage } from 'node:http'

/** Ports by which E2B's clients mean not a program of the sandbox's owner but a service of the sandbox itself. */
export const envdPort = 49_983
export const codePort = 49_999

/** A port of a sandbox. */
export interface Target {
  readonly id: string
  readonly port: number
}

/** Whether no program of the sandbox's owner is meant. */
export function isService({ port }: Target): boolean {
  return port === envdPort || port === codePort
}

const hostOfSandbox = /^(\d{1,5})-([a-z0-9]{1,63})\./i

/** Whether the host name of a request is that of a sandbox's port. */
export function namesSandbox({ headers }: IncomingMessage): boolean {
  return hostOfSandbox.test(headers.host ?? '')
}

/** What a request is for, by its headers or by the host name that it used. `undefined`: the control plane. */
export function targetOf({ headers }: IncomingMessage): Target | undefined {
  const id = headers['e2b-sandbox-id']
  if (typeof id === 'string') {
    const port = headers['e2b-sandbox-port']
    return { id, port: typeof port === 'string' ? toPort(port) : envdPort }
  }
  const [, port, name] = hostOfSandbox.exec(headers.host ?? '') ?? []
  return port === undefined || name === undefined ? undefined : { id: name.toLowerCase(), port: toPort(port) }
}

function toPort(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : 0
}
