import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { OperationError } from '@caisson/core'
import { defaultTemplateDirectory } from '@caisson/template-builder/local'
import type { Examined } from './doctor/examine.ts'

export interface Config {
  readonly url: string
  readonly apiKey: string
}

export const defaultUrl = 'http://127.0.0.1:7718'

/** Where a service on this machine leaves its first key. */
const keyFiles = [
  '/var/lib/caisson-orchestrator/admin-key',
  join(homedir(), '.local/state/caisson-orchestrator/admin-key'),
]

/** Where built templates lie. */
export function templateDirectory(): string {
  const chosen = process.env['CAISSON_TEMPLATES'] ?? ''
  return chosen === '' ? defaultTemplateDirectory() : resolve(chosen)
}

/** `NO_COLOR` as https://no-color.org has it. */
export function wantsColor(isTerminal: boolean): boolean {
  return isTerminal && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb'
}

/** Where the service is and with which key. The key never comes from the command line, where others could see it. */
export function readConfig(url: string | undefined): Config {
  const address = url ?? process.env['CAISSON_URL'] ?? defaultUrl
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new OperationError('invalid-operation', `not the address of a service: ${address}`, {
      field: url === undefined ? 'CAISSON_URL' : '--url',
      remedy: `use one like ${defaultUrl}`,
    })
  }
  const apiKey = process.env['CAISSON_API_KEY'] ?? localKey()
  if (apiKey === undefined || apiKey === '') {
    throw new OperationError('unauthenticated', 'there is no API key', {
      field: 'CAISSON_API_KEY',
      remedy: 'set CAISSON_API_KEY; the first key is in the file admin-key in the state directory of the service',
    })
  }
  return { url: address, apiKey }
}

function localKey(): string | undefined {
  for (const path of [process.env['CAISSON_STATE_DIR'] ?? '', ...keyFiles].filter((path) => path !== '')) {
    try {
      return readFileSync(path.endsWith('admin-key') ? path : join(path, 'admin-key'), 'utf8').trim()
    } catch {
      // It is elsewhere, or not for us to read.
    }
  }
  return undefined
}

/** Whether somebody said which service it is. */
export function isServiceNamed(url: string | undefined): boolean {
  return (url ?? '') !== '' || isSet('CAISSON_URL')
}

/** Where programs are looked for. */
export function searchPath(): string {
  return process.env['PATH'] ?? ''
}

function given(name: string, otherwise: string): string {
  const value = process.env[name] ?? ''
  return value === '' ? otherwise : value
}

/** Whether a variable is set and not empty. */
export function isSet(name: string): boolean {
  return given(name, '') !== ''
}

/** Where Podman's engine is, for templates. */
export function readPodmanAddress():
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number } {
  const text = given('CAISSON_PODMAN_HOST', podmanHost)
  const [, socketPath] = /^unix:\/\/(\/.+)$/.exec(text) ?? []
  if (socketPath !== undefined) return { socketPath }
  const [, host, port] = /^tcp:\/\/([^/:]+):(\d+)\/?$/.exec(text) ?? []
  if (host !== undefined) return { host, port: Number(port) }
  throw new OperationError('invalid-operation', `not the address of an engine: ${text}`, {
    field: 'CAISSON_PODMAN_HOST',
    remedy: `use one like ${podmanHost} or tcp://host:8080`,
  })
}

const optional = (name: string) => (isSet(name) ? given(name, '') : undefined)

/** Whose templates are built at E2B, and where that is. Its SDK reads the same variables. */
export function readE2bAccount() {
  const apiKey = optional('E2B_API_KEY')
  if (apiKey === undefined) return undefined
  return { apiKey, apiUrl: optional('E2B_API_URL'), domain: optional('E2B_DOMAIN') }
}

/** The same at Daytona. */
export function readDaytonaAccount() {
  const apiKey = optional('DAYTONA_API_KEY')
  if (apiKey === undefined) return undefined
  const apiUrl = optional('DAYTONA_API_URL') ?? optional('DAYTONA_SERVER_URL')
  return { apiKey, apiUrl, target: optional('DAYTONA_TARGET') }
}

const podmanHost = 'unix:///run/podman/podman.sock'

/** What the doctor looks at, as the service and the template builder would read it. */
export function readExamined(): Examined {
  const names = ['E2B_API_KEY', 'DAYTONA_API_KEY', 'LANGFUSE_PUBLIC_KEY', 'LANGFUSE_SECRET_KEY']
  const stateDirectory = dirname(keyFiles[process.getuid?.() === 0 ? 0 : 1] ?? '')
  return {
    engines: {
      docker: given('DOCKER_HOST', 'unix:///var/run/docker.sock'),
      podman: given('CAISSON_PODMAN_HOST', podmanHost),
      certificates: optional('DOCKER_CERT_PATH'),
    },
    places: [
      { what: 'state of the service', path: given('CAISSON_STATE_DIR', stateDirectory) },
      { what: 'templates', path: templateDirectory() },
    ],
    port: Number(given('CAISSON_PORT', '7718')),
    keys: {
      caisson: isSet('CAISSON_API_KEY') ? 'variable' : localKey() === undefined ? undefined : 'file',
      present: new Set(names.filter(isSet)),
    },
  }
}
